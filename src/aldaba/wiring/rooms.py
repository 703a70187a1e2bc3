"""Operation → the room that serves it, each with its use case built on the parts of the house."""

import asyncio
import os
from dataclasses import dataclass

from aldaba import contract
from aldaba.api.access_recovery import AccessRecovery
from aldaba.api.consumer_security import ConsumerSecurity
from aldaba.api.devices import DeviceRooms
from aldaba.api.e2e import E2EGateway
from aldaba.api.pipeline import Room
from aldaba.api.rao_tokens import RaoTokens
from aldaba.api.recovery import RecoverySteps
from aldaba.api.transaction_authentication import TransactionAuthentication
from aldaba.api.transmit_validations import TransmitValidations
from aldaba.service.attempts import Attempts
from aldaba.service.biometrics import Biometrics
from aldaba.service.challenges import Challenges
from aldaba.service.code_sender import CodeSender
from aldaba.service.credentials import Credentials
from aldaba.service.day_limits import DayLimits
from aldaba.service.devices import Devices
from aldaba.service.end_to_end import EndToEnd
from aldaba.service.identification import Identification
from aldaba.service.login import Login
from aldaba.service.new_access import NewAccess
from aldaba.service.phone_certification import PhoneCertification
from aldaba.service.recovery import Recovery
from aldaba.service.recovery_codes import RecoveryCodes
from aldaba.service.soft_tokens import SoftTokens
from aldaba.service.subjects import Subjects
from aldaba.service.token_codes import TokenCodes
from aldaba.service.unlocking import Unlocking
from aldaba.service.vendor_tokens import VendorTokens
from aldaba.wiring.parts import Parts


def rooms(parts: Parts, end_to_end: EndToEnd) -> dict[str, Room]:
    """Operation → the room that serves it."""
    wire, subjects = contract.load(), Subjects(parts.directory, parts.vault, parts.policy)
    shared = _Shared.of(parts, subjects)
    consumer = _consumer(parts, subjects)
    steps = _steps(parts, shared)
    gateway = E2EGateway(end_to_end)
    challenges = Challenges(parts.store, subjects, shared.tokens, parts.policy, os.urandom)
    transactions = TransactionAuthentication(wire, challenges)
    rao = RaoTokens(
        PhoneCertification(
            parts.store,
            parts.sessions,
            shared.limits,
            shared.sender,
            parts.vault,
            parts.policy,
            os.urandom,
        )
    )
    vendor = parts.settings.vendor
    vendor_tokens = VendorTokens(parts.vendor_keys, parts.policy.vendor, vendor.issuer, vendor.audience_of)
    transmit = TransmitValidations(
        SoftTokens(parts.store, subjects, vendor_tokens, parts.vault, parts.policy)
    )
    unlocking = AccessRecovery(Unlocking(parts.store, subjects, vendor_tokens, parts.vault, parts.policy))
    devices = DeviceRooms(Devices(parts.store, subjects))
    return {
        "prelogin_v1": consumer.prelogin,
        "prelogin_v2": consumer.prelogin,
        "login": consumer.login,
        "logout": consumer.logout,
        "validate_credentials": consumer.validate_credentials,
        "set_credentials": consumer.set_credentials,
        "credentials_status": consumer.credentials_status,
        "validate_card": steps.validate_card,
        "validate_mobile_phone": steps.validate_mobile_phone,
        "send_otp": steps.send_otp,
        "set_access": steps.set_access,
        "retrieve_challenge": transactions.retrieve_challenge,
        "validate_challenge": transactions.validate_challenge,
        "generate_rao_token": rao.generate_rao_token,
        "validate_rao_token": rao.validate_rao_token,
        "certified_phone": rao.certified_phone,
        "validate_jwt": transmit.validate_jwt,
        "register_transmit_customer": transmit.register_transmit_customer,
        "validate_transmit_customer": transmit.validate_transmit_customer,
        "unlock_access": unlocking.unlock_access,
        "enrol_device": devices.enrol_device,
        "revoke_device": devices.revoke_device,
        "retrieve_public_key": gateway.retrieve_public_key,
        "exchange_keys": gateway.exchange_keys,
    }


def _consumer(parts: Parts, subjects: Subjects) -> ConsumerSecurity:
    policy = parts.policy
    login = Login(
        parts.store,
        subjects,
        Attempts(parts.store, policy, parts.clock, asyncio.sleep, os.urandom),
        Biometrics(parts.store, policy),
        parts.directory,
        parts.risk,
        parts.hasher,
        parts.vault,
        policy,
        os.urandom,
    )
    credentials = Credentials(
        parts.store, parts.sessions, subjects, parts.hasher, parts.vault, parts.rules, policy, os.urandom
    )
    identification = Identification(parts.store, subjects, policy)
    return ConsumerSecurity(contract.load(), identification, login, credentials, policy)


@dataclass(frozen=True, slots=True)
class _Shared:
    """What several journeys use."""

    subjects: Subjects
    limits: DayLimits
    sender: CodeSender
    tokens: TokenCodes

    @classmethod
    def of(cls, parts: Parts, subjects: Subjects) -> "_Shared":
        limits = DayLimits(parts.policy)
        sender = CodeSender(parts.store, limits, parts.delivery, parts.vault, parts.texts, parts.policy)
        tokens = TokenCodes(parts.store, parts.vault, parts.policy, asyncio.sleep, os.urandom)
        return cls(subjects, limits, sender, tokens)


def _steps(parts: Parts, shared: _Shared) -> RecoverySteps:
    store, sessions, policy = parts.store, parts.sessions, parts.policy
    return RecoverySteps(
        Recovery(
            store,
            shared.subjects,
            shared.limits,
            parts.cards,
            parts.vault,
            policy,
            asyncio.sleep,
            os.urandom,
        ),
        RecoveryCodes(
            store,
            sessions,
            shared.subjects,
            shared.sender,
            shared.tokens,
            parts.vault,
            policy,
            os.urandom,
        ),
        NewAccess(
            store,
            sessions,
            shared.subjects,
            shared.limits,
            shared.sender,
            shared.tokens,
            parts.rules,
            parts.hasher,
            parts.vault,
            policy,
            os.urandom,
        ),
    )
