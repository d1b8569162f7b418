"""What stands before every page: who asks, by which name, from where, and how much. Looked at before a body is read."""

from shopdata.service.door.decisions import Door
from shopdata.service.door.hosts import Hosts
from shopdata.service.door.sign_in import Guesses, SignIn, weakness_of
from shopdata.service.door.site import GuardedSite

__all__ = ["Door", "GuardedSite", "Guesses", "Hosts", "SignIn", "weakness_of"]
