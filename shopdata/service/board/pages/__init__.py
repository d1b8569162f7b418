"""One module for each page: it reads sources and hands plain values to the template of the same name.

A page is a function of the sources, the visit, and what stands for `*` in its address. It raises PageNotFoundError
where the address names nothing that there is.
"""
