"""How the rows of challenges, of the soft-token vendor, of account opening and of devices are provoked."""

from tests.api.error_rows.provoking import (
    Provoked,
    Recipe,
    Scene,
    away,
    from_another_country,
    with_body,
    with_header,
    without_token,
)
from tests.api.wire import NEW_PHONE, PUBLIC_JWK, USER, signed_in, strong
from tests.front_end import FrontEnd

WRONG_RESPONSE = "00000000"
NO_TOKEN = "15000029"


async def in_session(scene: Scene, user: str = USER) -> FrontEnd:
    front = await scene.front()
    await signed_in(front, user)
    return front


async def question(front: FrontEnd) -> str:
    answer = await front.challenge()
    assert answer.status_code == 200, answer.text
    return str(answer.json()["challengeQuestion"])


async def challenge_without_a_login(scene: Scene) -> Provoked:
    front = await scene.front()
    await front.prelogin(USER)
    return Provoked(await front.challenge(), "sid")


async def challenge_without_a_token(scene: Scene) -> Provoked:
    return Provoked(await (await in_session(scene, NO_TOKEN)).challenge())


async def four_wrong_responses(scene: Scene) -> FrontEnd:
    """One more wrong response locks the token; a challenge has three."""
    front = await in_session(scene)
    for tries in (3, 1):
        asked = await question(front)
        for _ in range(tries):
            assert (await front.answer_challenge(asked, WRONG_RESPONSE)).status_code == 401
    return front


async def challenge_for_a_locked_token(scene: Scene) -> Provoked:
    front = await four_wrong_responses(scene)
    assert (await front.answer_challenge(await question(front), WRONG_RESPONSE)).status_code == 422
    return Provoked(await front.challenge())


async def response_that_locks(scene: Scene) -> Provoked:
    front = await four_wrong_responses(scene)
    return Provoked(await front.answer_challenge(await question(front), WRONG_RESPONSE))


async def response_that_does_not_open(scene: Scene) -> Provoked:
    front = await in_session(scene)
    asked = await question(front)
    body, _ = front.sealed_body("validate_challenge", {"challengeQuestion": asked}, oneTimePasswordToken="1")
    return Provoked(await front.call("validate_challenge", body), "oneTimePasswordToken")


async def response_that_is_wrong(scene: Scene) -> Provoked:
    front = await in_session(scene)
    return Provoked(await front.answer_challenge(await question(front), WRONG_RESPONSE))


async def response_without_a_token(scene: Scene) -> Provoked:
    return Provoked(await (await in_session(scene, NO_TOKEN)).answer_challenge("87295410", WRONG_RESPONSE))


async def response_with_a_directory_that_is_down(scene: Scene) -> Provoked:
    front = await in_session(scene)
    asked = await question(front)
    await scene.bank.fault("directory", "down")
    return Provoked(await front.answer_challenge(asked, await front.token_response(USER, asked)))


async def jwt_that_was_used(scene: Scene) -> Provoked:
    front = await scene.front()
    token = await front.vendor_jwt("15000025")
    assert (await front.validate_jwt(token, "15000025")).status_code == 204
    return Provoked(await front.validate_jwt(token, "15000025"), "transmitToken")


async def jwt_of_no_vendor_customer(scene: Scene) -> Provoked:
    front = await scene.front()
    return Provoked(await front.validate_jwt(await front.vendor_jwt(USER), USER), "customerId")


async def jwt_for_a_functional_id_nobody_set_up(scene: Scene) -> Provoked:
    front = await scene.front()
    return Provoked(
        await front.validate_jwt(await front.vendor_jwt("15000025", "9"), "15000025", "9"), "grantType"
    )


async def jwt_of_a_locked_customer(scene: Scene) -> Provoked:
    front = await scene.front()
    return Provoked(await front.validate_jwt(await front.vendor_jwt("15000015"), "15000015"), "customerId")


async def registration_without_a_customer(scene: Scene) -> Provoked:
    return Provoked(await (await scene.front()).register_transmit(), "sid")


async def registration_after_the_session(scene: Scene) -> Provoked:
    front = await in_session(scene, "15000025")
    await scene.bank.advance("PT6M")
    return Provoked(await front.register_transmit(), "sid")


async def registration_without_a_token(scene: Scene) -> Provoked:
    return Provoked(await (await in_session(scene, NO_TOKEN)).register_transmit())


async def registration_with_a_hard_token(scene: Scene) -> Provoked:
    return Provoked(await (await in_session(scene)).register_transmit())


def asked_about(user: str) -> Recipe:
    async def recipe(scene: Scene) -> Provoked:
        return Provoked(await (await scene.front()).transmit_customer(user), "customerId")

    return recipe


async def asked_about_without_the_right(scene: Scene) -> Provoked:
    return Provoked(await (await scene.front(documented=True)).transmit_customer("15000025"), "customerId")


async def code_to_a_country_nobody_serves(scene: Scene) -> Provoked:
    return Provoked(await (await scene.front()).generate_rao("612345678", "+34"), "phoneCountryCode")


async def code_to_no_mobile_number(scene: Scene) -> Provoked:
    return Provoked(await (await scene.front()).generate_rao("1234567890"), "encryptedPhoneNumber")


async def opening(scene: Scene) -> FrontEnd:
    """An account opening whose code is on its way."""
    front = await scene.front()
    assert (await front.generate_rao(NEW_PHONE)).status_code == 204
    return front


async def code_that_was_never_sent(scene: Scene) -> Provoked:
    return Provoked(await (await scene.front()).validate_rao("12345678", NEW_PHONE), "encryptedOtpToken")


async def code_that_is_wrong(scene: Scene) -> Provoked:
    return Provoked(await (await opening(scene)).validate_rao("00000000", NEW_PHONE), "encryptedOtpToken")


async def phone_that_was_never_certified(scene: Scene) -> Provoked:
    return Provoked(await (await scene.front()).certified_phone())


async def phone_whose_code_is_outstanding(scene: Scene) -> Provoked:
    return Provoked(await (await opening(scene)).certified_phone())


async def device_without_a_challenge(scene: Scene) -> Provoked:
    return Provoked(await (await in_session(scene)).enrol_device("a-new-phone", PUBLIC_JWK), "challenge")


async def revocation_without_a_challenge(scene: Scene) -> Provoked:
    return Provoked(await (await in_session(scene)).revoke_device("a-new-phone"), "challenge")


async def revocation_of_no_device(scene: Scene) -> Provoked:
    front = await scene.front()
    await strong(front, USER)
    return Provoked(await front.revoke_device("never-enrolled"), "applicationDeviceId")


def common(operation: str, *, token: bool = True) -> dict[tuple[str, int, str], Recipe]:
    """The rows that have the same condition on all of these pages."""
    rows: dict[tuple[str, int, str], Recipe] = {
        (operation, 403, "accessNotConfigured"): from_another_country(operation),
        (operation, 500, "serverUnavailable"): away(operation),
    }
    return rows | ({(operation, 401, "unAuthorized"): without_token(operation)} if token else {})


TOKENS: dict[tuple[str, int, str], Recipe] = {
    **common("retrieve_challenge", token=False),
    ("retrieve_challenge", 400, "invalidRequest"): with_header(
        "retrieve_challenge", "ChannelId", channelId="?"
    ),
    ("retrieve_challenge", 401, "unAuthorized"): challenge_without_a_login,
    ("retrieve_challenge", 404, "Application not found"): challenge_without_a_token,
    ("retrieve_challenge", 422, "businessValidationFailed"): challenge_for_a_locked_token,
    **common("validate_challenge"),
    ("validate_challenge", 400, "invalidRequest"): with_body(
        "validate_challenge", "challengeQuestion", challengeQuestion="8729541"
    ),
    ("validate_challenge", 400, "cannotDecryptData"): response_that_does_not_open,
    ("validate_challenge", 401, "authenticationFailed"): response_that_is_wrong,
    ("validate_challenge", 404, "Application not found"): response_without_a_token,
    ("validate_challenge", 422, "businessValidationFailed"): response_that_locks,
    ("validate_challenge", 500, "backendError"): response_with_a_directory_that_is_down,
    **common("validate_jwt", token=False),
    ("validate_jwt", 400, "invalidRequest"): with_body("validate_jwt", "customerId", customerId="15A"),
    ("validate_jwt", 401, "5002"): jwt_that_was_used,
    ("validate_jwt", 401, "invalidCredential"): jwt_of_no_vendor_customer,
    ("validate_jwt", 404, "5000"): jwt_for_a_functional_id_nobody_set_up,
    ("validate_jwt", 422, "businessValidationFailed"): jwt_of_a_locked_customer,
    ("validate_jwt", 500, "serverUnavailable"): away("validate_jwt", "vendor"),
    **common("register_transmit_customer", token=False),
    ("register_transmit_customer", 400, "invalidRequest"): with_header(
        "register_transmit_customer", "uuid", uuid="not-a-uuid"
    ),
    ("register_transmit_customer", 401, "InvalidCredentials"): registration_without_a_customer,
    ("register_transmit_customer", 401, "SessionTimeout"): registration_after_the_session,
    ("register_transmit_customer", 404, "Unknown"): registration_without_a_token,
    ("register_transmit_customer", 422, "businessValidationFailed"): registration_with_a_hard_token,
    ("register_transmit_customer", 500, "serverUnavailable"): away("register_transmit_customer"),
    **common("validate_transmit_customer", token=False),
    ("validate_transmit_customer", 400, "invalidRequest"): with_body(
        "validate_transmit_customer", "customerId", customerId="1" * 13
    ),
    ("validate_transmit_customer", 401, "InvalidCredentials"): asked_about("99999999"),
    ("validate_transmit_customer", 403, "accessNotConfigured"): asked_about_without_the_right,
    ("validate_transmit_customer", 404, "Unknown"): asked_about("15000025"),
    ("validate_transmit_customer", 422, "businessValidationFailed"): asked_about("15000018"),
    **common("generate_rao_token"),
    ("generate_rao_token", 400, "invalidRequest"): with_body(
        "generate_rao_token", "phoneCountryCode", phoneCountryCode="52"
    ),
    ("generate_rao_token", 404, "resourceNotFound"): code_to_a_country_nobody_serves,
    ("generate_rao_token", 422, "businessValidationFailed"): code_to_no_mobile_number,
    ("generate_rao_token", 500, "serverUnavailable"): away("generate_rao_token", "delivery"),
    **common("validate_rao_token"),
    ("validate_rao_token", 400, "invalidRequest"): with_body("validate_rao_token", "phone", phone=None),
    ("validate_rao_token", 404, "resourceNotFound"): code_that_was_never_sent,
    ("validate_rao_token", 422, "businessValidationFailed"): code_that_is_wrong,
    **common("certified_phone"),
    ("certified_phone", 400, "invalidRequest"): with_header("certified_phone", "ChannelId", channelId="?"),
    ("certified_phone", 404, "resourceNotFound"): phone_that_was_never_certified,
    ("certified_phone", 422, "businessValidationFailed"): phone_whose_code_is_outstanding,
    **common("enrol_device"),
    ("enrol_device", 400, "invalidRequest"): with_body(
        "enrol_device", "publicKeyJwk.kty", publicKeyJwk=PUBLIC_JWK | {"kty": "RSA"}
    ),
    ("enrol_device", 422, "businessValidationFailed"): device_without_a_challenge,
    **common("revoke_device"),
    ("revoke_device", 400, "invalidRequest"): with_body(
        "revoke_device", "applicationDeviceId", applicationDeviceId="a phone"
    ),
    ("revoke_device", 404, "resourceNotFound"): revocation_of_no_device,
    ("revoke_device", 422, "businessValidationFailed"): revocation_without_a_challenge,
}
