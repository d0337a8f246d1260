"""Who works: processes of this machine or a Dask cluster, and the task that each is given."""
