"""Every operation of the administration API that takes a role: one row each, for routes and OpenAPI."""

from dataclasses import dataclass
from typing import Any

from aldaba.admin.reading import MAX_BYTES
from aldaba.service import operator_commands as ask
from aldaba.service.administration import TemporaryPinSent, Unlocked
from aldaba.service.approvals import GrantView
from aldaba.service.customer_file import CustomerFile, Found
from aldaba.service.operator_accounts import Invited, OperatorView
from aldaba.service.operator_applications import ApplicationView, KeyChanged, SecretGiven
from aldaba.service.operator_commands import Command
from aldaba.service.operator_figures import Figures
from aldaba.service.operator_inspection import AuditPage, PolicyView
from aldaba.service.operator_tokens import TokenState
from aldaba.service.registration import GivenKeys
from aldaba.service.token_administration import TokensImported

IMPORT_BYTES = 4 * 1024 * 1024
ROOT = "/admin/api"


@dataclass(frozen=True, slots=True)
class Operation:
    """``GET`` takes its command from path and query, ``POST`` from path and body."""

    id: str
    method: str
    path: str
    command: type[Command]
    answer: Any
    most_bytes: int = MAX_BYTES


_CUSTOMER = "/customers/{customer_id}"
_TOKEN = "/tokens/{serial}"
_APPLICATION = "/applications/{client_id}"
_OPERATOR = "/operators/{name}"

OPERATIONS = (
    Operation("findCustomers", "POST", "/customers/search", ask.FindCustomers, tuple[Found, ...]),
    Operation("showCustomer", "GET", _CUSTOMER, ask.ShowCustomer, CustomerFile),
    Operation("showTimeline", "GET", f"{_CUSTOMER}/timeline", ask.ShowTimeline, AuditPage),
    Operation("lockCustomer", "POST", f"{_CUSTOMER}/lock", ask.LockCustomer, CustomerFile),
    Operation("unlockCustomer", "POST", f"{_CUSTOMER}/unlock", ask.UnlockCustomer, Unlocked),
    Operation(
        "liftPreventiveLock", "POST", f"{_CUSTOMER}/lift-preventive-lock", ask.LiftPreventiveLock, Unlocked
    ),
    Operation("resetCounters", "POST", f"{_CUSTOMER}/reset-counters", ask.ResetCounters, CustomerFile),
    Operation(
        "sendTemporaryPin", "POST", f"{_CUSTOMER}/temporary-pin", ask.SendTemporaryPin, TemporaryPinSent
    ),
    Operation("endSessions", "POST", f"{_CUSTOMER}/end-sessions", ask.EndSessions, CustomerFile),
    Operation(
        "revokeDevice", "POST", f"{_CUSTOMER}/devices/{{device_id}}/revoke", ask.RevokeDevice, CustomerFile
    ),
    Operation("importTokens", "POST", "/tokens/import", ask.ImportTokens, TokensImported, IMPORT_BYTES),
    Operation("assignToken", "POST", f"{_TOKEN}/assign", ask.AssignToken, TokenState),
    Operation("resynchroniseToken", "POST", f"{_TOKEN}/resynchronise", ask.ResynchroniseToken, TokenState),
    Operation("unlockToken", "POST", f"{_TOKEN}/unlock", ask.UnlockToken, TokenState),
    Operation("revokeToken", "POST", f"{_TOKEN}/revoke", ask.RevokeToken, TokenState),
    Operation("listApplications", "GET", "/applications", ask.ListApplications, tuple[ApplicationView, ...]),
    Operation("createApplication", "POST", "/applications", ask.CreateApplication, SecretGiven),
    Operation(
        "disableApplication", "POST", f"{_APPLICATION}/disable", ask.DisableApplication, ApplicationView
    ),
    Operation(
        "rotateClientSecret", "POST", f"{_APPLICATION}/rotate-secret", ask.RotateClientSecret, SecretGiven
    ),
    Operation("registerKeys", "POST", f"{_APPLICATION}/register-keys", ask.RegisterKeys, GivenKeys),
    Operation("rotateKey", "POST", "/keys/{name}/rotate", ask.RotateKey, KeyChanged),
    Operation("showPolicy", "GET", "/policy", ask.ShowPolicy, PolicyView),
    Operation("searchAudit", "GET", "/audit", ask.SearchAudit, AuditPage),
    Operation("showFigures", "GET", "/figures", ask.ShowFigures, Figures),
    Operation("listOperators", "GET", "/operators", ask.ListOperators, tuple[OperatorView, ...]),
    Operation("inviteOperator", "POST", "/operators", ask.InviteOperator, Invited),
    Operation("setRoles", "POST", f"{_OPERATOR}/roles", ask.SetRoles, OperatorView),
    Operation("disableOperator", "POST", f"{_OPERATOR}/disable", ask.DisableOperator, OperatorView),
    Operation("enableOperator", "POST", f"{_OPERATOR}/enable", ask.EnableOperator, OperatorView),
    Operation(
        "resetSecondFactor", "POST", f"{_OPERATOR}/reset-second-factor", ask.ResetSecondFactor, Invited
    ),
    Operation("listGrants", "GET", "/grants", ask.ListGrants, tuple[GrantView, ...]),
    Operation("showGrant", "GET", "/grants/{grant_id}", ask.ShowGrant, GrantView),
    Operation("decideGrant", "POST", "/grants/{grant_id}/decide", ask.DecideGrant, GrantView),
    Operation("withdrawGrant", "POST", "/grants/{grant_id}/withdraw", ask.WithdrawGrant, GrantView),
)
