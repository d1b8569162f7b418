"""The board: pages that say what is there, what is missing and why, and buttons that do something about it.

::

    site.py       the resource: which path is which page, threads, cookies, what every answer carries
    visit.py      one request, as far as a page looks at it, and the token that every POST must bring
    answers.py    what goes back: a page, a file, the way to another page
    sources.py    what pages know: configuration, ledger, periods that are due
    pages/        one module for each page: reads, and hands plain values to its template
    actions.py    what the buttons do
    templates/ static/

Pages are made in a thread and read only; buttons act in the reactor, by the service's control.
"""
