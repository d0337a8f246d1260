"""qeclose decides whether fixed-support matrix factorization is well-posed, and proves it."""
