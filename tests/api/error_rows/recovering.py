"""How the rows of recovery and of unlocking are provoked."""

from tests.api.error_rows.provoking import (
    Provoked,
    Recipe,
    Scene,
    away,
    from_another_country,
    undecryptable,
    with_body,
    without_token,
)
from tests.api.wire import NEW_PASSWORD, USER, by_day, code_of, proved
from tests.front_end import FrontEnd

from aldaba.sandbox.bank import NIP, phone_number

ANOTHER_PHONE = phone_number("15000024")
WRONG_CODE = "00000000"
CUSTOMER = "customer.encryptedCustomerId"


async def recovering(scene: Scene, user: str = USER) -> FrontEnd:
    """A front end whose session has named a customer for a recovery."""
    front = await scene.front()
    assert (await front.prelogin(user, "validate_credentials")).status_code == 200
    return front


async def card_with_a_wrong_nip(scene: Scene) -> Provoked:
    return Provoked(await (await recovering(scene)).validate_card("4321"))


async def card_after_three_wrong_nips(scene: Scene) -> Provoked:
    await by_day(scene.bank)
    front = await recovering(scene)
    for _ in range(3):
        assert (await front.validate_card("4321")).status_code == 401
    return Provoked(await front.validate_card(NIP), "encryptedCredentialAccess")


async def card_host_down(scene: Scene) -> Provoked:
    front = await recovering(scene)
    await scene.bank.fault("cards", "down")
    return Provoked(await front.validate_card(NIP))


async def somebody_elses_phone(scene: Scene) -> Provoked:
    return Provoked(await (await recovering(scene)).validate_phone(ANOTHER_PHONE))


async def phone_of_another_profile(scene: Scene) -> Provoked:
    front = await recovering(scene)
    return Provoked(await front.validate_phone(phone_number(USER), ccs_id="1"), "ccsId")


async def phone_in_the_wrong_flow(scene: Scene) -> Provoked:
    front = await recovering(scene)
    return Provoked(await front.validate_phone(phone_number(USER), first_time=True), "isFirstTime")


async def phones_of_one_session(scene: Scene) -> Provoked:
    front = await recovering(scene)
    for _ in range(3):
        assert (await front.validate_phone(ANOTHER_PHONE)).status_code == 401
    return Provoked(await front.validate_phone(phone_number(USER)))


async def phones_of_one_day(scene: Scene) -> Provoked:
    await by_day(scene.bank)
    for _ in range(2):
        front = await recovering(scene)
        for _ in range(3):
            assert (await front.validate_phone(ANOTHER_PHONE)).status_code == 401
    return Provoked(await (await recovering(scene)).validate_phone(phone_number(USER)))


async def phone_with_a_directory_that_is_down(scene: Scene) -> Provoked:
    front = await recovering(scene)
    await scene.bank.fault("directory", "down")
    return Provoked(await front.validate_phone(phone_number(USER)))


async def code_for_an_id_that_does_not_open(scene: Scene) -> Provoked:
    front = await ready_for_a_code(scene)
    return Provoked(await front.send_otp(ccs_id="2264x"), "ccsId")


async def ready_for_a_code(scene: Scene) -> FrontEnd:
    front = await scene.front()
    await proved(front, USER)
    return front


async def code_before_anything_is_proved(scene: Scene) -> Provoked:
    return Provoked(await (await recovering(scene)).send_otp())


async def code_from_a_token_they_have_not(scene: Scene) -> Provoked:
    return Provoked(await (await ready_for_a_code(scene)).send_otp(2), "authType")


async def send_thrice(scene: Scene) -> FrontEnd:
    """A session that has sent what a session may."""
    front = await ready_for_a_code(scene)
    for _ in range(3):
        assert (await front.send_otp()).status_code == 204
        await scene.bank.advance("PT31S")
    return front


async def codes_of_one_session(scene: Scene) -> Provoked:
    return Provoked(await (await send_thrice(scene)).send_otp())


async def codes_of_one_day(scene: Scene) -> Provoked:
    await by_day(scene.bank)
    for _ in range(3):
        await send_thrice(scene)
    assert (await (await ready_for_a_code(scene)).send_otp()).status_code == 204
    return Provoked(await (await ready_for_a_code(scene)).send_otp())


async def code_with_a_provider_that_is_down(scene: Scene) -> Provoked:
    front = await ready_for_a_code(scene)
    await scene.bank.fault("delivery", "down")
    return Provoked(await front.send_otp())


async def coded(scene: Scene) -> tuple[FrontEnd, str]:
    front = await scene.front()
    return front, await code_of(front, USER)


async def a_password_against_policy(scene: Scene) -> Provoked:
    front, code = await coded(scene)
    answer = await front.set_access("corta1", code)
    return Provoked(answer, "newEncryptedAccessCredential", "length")


async def a_wrong_code(scene: Scene) -> Provoked:
    front, _ = await coded(scene)
    return Provoked(await front.set_access(NEW_PASSWORD, WRONG_CODE))


async def access_in_the_wrong_flow(scene: Scene) -> Provoked:
    front, code = await coded(scene)
    return Provoked(await front.set_access(NEW_PASSWORD, code, first_time=True), "isFirstTime")


async def wrong_thrice(scene: Scene) -> tuple[FrontEnd, str]:
    """A session that has guessed as often as a session may."""
    front, code = await coded(scene)
    for _ in range(3):
        assert (await front.set_access(NEW_PASSWORD, WRONG_CODE)).status_code == 401
    return front, code


async def wrong_codes_of_one_session(scene: Scene) -> Provoked:
    front, code = await wrong_thrice(scene)
    return Provoked(await front.set_access(NEW_PASSWORD, code))


async def wrong_codes_of_one_day(scene: Scene) -> Provoked:
    await by_day(scene.bank)
    for _ in range(3):
        await wrong_thrice(scene)
    front, code = await coded(scene)
    return Provoked(await front.set_access(NEW_PASSWORD, code))


async def access_with_a_directory_that_is_down(scene: Scene) -> Provoked:
    front, code = await coded(scene)
    await scene.bank.fault("directory", "down")
    return Provoked(await front.set_access(NEW_PASSWORD, code))


async def unlock_by_another_customers_token(scene: Scene) -> Provoked:
    front = await scene.front()
    return Provoked(await front.unlock("15000015", await front.vendor_jwt("15000016")), "jwtToken")


async def unlock_of_nobody(scene: Scene) -> Provoked:
    front = await scene.front()
    return Provoked(await front.unlock("99999999", await front.vendor_jwt("99999999")), CUSTOMER)


async def unlock_where_nothing_is_locked(scene: Scene) -> Provoked:
    front = await scene.front()
    return Provoked(await front.unlock("15000025", await front.vendor_jwt("15000025")), CUSTOMER)


RECOVERY: dict[tuple[str, int, str], Recipe] = {
    ("validate_card", 400, "invalidRequest"): with_body(
        "validate_card", "expirationCardDate", expirationCardDate="1330"
    ),
    ("validate_card", 400, "cannotDecryptData"): undecryptable("validate_card", "encryptedCredentialAccess"),
    ("validate_card", 401, "unAuthorized"): without_token("validate_card"),
    ("validate_card", 401, "credentialValidationFailed"): card_with_a_wrong_nip,
    ("validate_card", 403, "accessNotConfigured"): from_another_country("validate_card"),
    ("validate_card", 422, "businessValidationFailed"): card_after_three_wrong_nips,
    ("validate_card", 500, "serverUnavailable"): away("validate_card"),
    ("validate_card", 500, "backendError"): card_host_down,
    ("validate_mobile_phone", 400, "invalidRequest"): with_body(
        "validate_mobile_phone", "phoneNumber", phoneNumber="555609321"
    ),
    ("validate_mobile_phone", 401, "unAuthorized"): without_token("validate_mobile_phone"),
    ("validate_mobile_phone", 401, "credentialValidtionFailed"): somebody_elses_phone,
    ("validate_mobile_phone", 403, "accessNotConfigured"): from_another_country("validate_mobile_phone"),
    ("validate_mobile_phone", 404, "userIdNotFound"): phone_of_another_profile,
    ("validate_mobile_phone", 422, "businessValidationFailed"): phone_in_the_wrong_flow,
    ("validate_mobile_phone", 422, "SessionError"): phones_of_one_session,
    ("validate_mobile_phone", 422, "DayError"): phones_of_one_day,
    ("validate_mobile_phone", 500, "serverUnavailable"): away("validate_mobile_phone"),
    ("validate_mobile_phone", 500, "backendError"): phone_with_a_directory_that_is_down,
    ("send_otp", 400, "invalidRequest"): with_body("send_otp", "authType", authType=7),
    ("send_otp", 400, "cannotDecryptData"): code_for_an_id_that_does_not_open,
    ("send_otp", 401, "unAuthorized"): without_token("send_otp"),
    ("send_otp", 401, "credentialValidtionFailed"): code_before_anything_is_proved,
    ("send_otp", 403, "accessNotConfigured"): from_another_country("send_otp"),
    ("send_otp", 422, "businessValidationFailed"): code_from_a_token_they_have_not,
    ("send_otp", 422, "SessionError"): codes_of_one_session,
    ("send_otp", 422, "DayError"): codes_of_one_day,
    ("send_otp", 500, "serverUnavailable"): away("send_otp", "keys"),
    ("send_otp", 500, "backendError"): code_with_a_provider_that_is_down,
    ("set_access", 400, "invalidRequest"): with_body("set_access", "isFirstTime", isFirstTime="no"),
    ("set_access", 400, "cannotDecryptData"): undecryptable("set_access", "newEncryptedAccessCredential"),
    ("set_access", 400, "Credential Invalid"): a_password_against_policy,
    ("set_access", 401, "unAuthorized"): without_token("set_access"),
    ("set_access", 401, "credentialValidtionFailed"): a_wrong_code,
    ("set_access", 403, "accessNotConfigured"): from_another_country("set_access"),
    ("set_access", 422, "businessValidationFailed"): access_in_the_wrong_flow,
    ("set_access", 422, "SessionError"): wrong_codes_of_one_session,
    ("set_access", 422, "DayError"): wrong_codes_of_one_day,
    ("set_access", 500, "serverUnavailable"): away("set_access"),
    ("set_access", 500, "backendError"): access_with_a_directory_that_is_down,
    ("unlock_access", 400, "invalidRequest"): with_body("unlock_access", "jwtToken", jwtToken=None),
    ("unlock_access", 400, "cannotDecryptData"): undecryptable("unlock_access", CUSTOMER),
    ("unlock_access", 401, "unAuthorized"): unlock_by_another_customers_token,
    ("unlock_access", 403, "accessNotConfigured"): from_another_country("unlock_access"),
    ("unlock_access", 404, "resourceNotFound"): unlock_of_nobody,
    ("unlock_access", 422, "businessValidationFailed"): unlock_where_nothing_is_locked,
    ("unlock_access", 500, "serverUnavailable"): away("unlock_access", "vendor"),
}
