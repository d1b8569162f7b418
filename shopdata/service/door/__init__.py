"""What stands before every page: who asks, by which name, from where, and how much. Looked at before a body is read."""

from shopdata.service.door.decisions import Door
from shopdata.service.door.guesses import Guesses
from shopdata.service.door.hosts import Hosts
from shopdata.service.door.sign_in import SignIn
from shopdata.service.door.site import GuardedSite
from shopdata.service.people.passwords import weakness_of

__all__ = ["Door", "GuardedSite", "Guesses", "Hosts", "SignIn", "weakness_of"]
