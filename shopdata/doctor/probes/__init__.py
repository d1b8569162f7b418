"""The probes, in the order in which they ask: first what leaves no trace and needs no session."""

from collections.abc import Mapping

from shopdata.doctor.examination import Probe
from shopdata.doctor.probes.forms import look_at_form
from shopdata.doctor.probes.hosts import look_at_hosts
from shopdata.doctor.probes.orders import look_at_orders
from shopdata.doctor.probes.pace import look_at_pace
from shopdata.doctor.probes.recipes import look_at_recipes
from shopdata.doctor.probes.session import look_at_dead_session, look_at_identity, look_at_session
from shopdata.doctor.probes.signed_page import look_at_signed_page

#: Those that nobody need be signed in for, by what they look at.
WITHOUT_SESSION: Mapping[str, Probe] = {
    "hosts": look_at_hosts,
    "form": look_at_form,
}
#: Those that ask with the shop's session; the first dead answer ends them.
WITH_SESSION: Mapping[str, Probe] = {
    "session": look_at_session,
    "identity": look_at_identity,
    "recipes": look_at_recipes,
    "signed_page": look_at_signed_page,
    "orders": look_at_orders,
}
#: Those that compare with what the others were answered.
LAST: Mapping[str, Probe] = {"dead_session": look_at_dead_session, "pace": look_at_pace}
