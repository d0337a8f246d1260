"""One matrix and one mask: is the matrix in E, on its frontier, or outside its closure?"""

from qeclose.location.locating import Location, locate
from qeclose.location.matrix import Matrix, exact_matrix

__all__ = ["Location", "Matrix", "exact_matrix", "locate"]
