# What the officers' pages say.
# Keys of officers and offices begin with desk-, those of reviewing applications with case-.

desk-title = Officers’ desk
desk-nav = Menu of the officers’ desk
desk-who = Logged in:
desk-logout = Log out
desk-home = To the start of the officers’ desk
desk-idle = Nothing was done for a while, so you will be logged out in a moment. To go on, press “Continue”.
desk-offices-lead = Choose your office.
desk-tab-queue = Applications
desk-tab-paper = Enter a paper application
desk-tab-officers = Officers
desk-tab-office = Office settings
desk-tab-audit = Audit
desk-tab-own = Your account
desk-stale-next = Open it again from the start of the officers’ desk.
desk-timeout-next = Please log in again.

# Login
desk-login-title = Officer login
desk-login-lead = Insert your officer’s card into the reader and choose how to log in.
desk-login-card = Log in with the IC card
desk-login-passkey = Log in with a passkey
desk-login-enrol = Enrol your card if you were invited
desk-login-late = You were logged out because nothing was done for a while. Log in again to go on.
desk-login-unknown = We could not recognise an officer who may log in at this office.
desk-login-unknown-next = Use the card or passkey that you enrolled as an officer. If that does not work, ask an administrator.
desk-passkey-refused = The passkey could not be checked. Try again, or log in with the IC card.
desk-ended-title = You are logged out
desk-ended-lead = Take your officer’s card out of the reader.
desk-out-title = Your login has ended
desk-out-blocked = An administrator has blocked this account.
desk-out-invited = This account was invited again. It cannot be used until a card is enrolled anew.
desk-out-card = The certificate of your officer’s card is revoked or has expired, so it cannot be used.
desk-out-unknown = This account is not registered.
desk-out-next = If you still need access, ask an administrator.

# Card
desk-card-login = Log in to the officers’ desk
desk-card-enrol = Enrol an officer’s card
desk-card-present = Insert your officer’s card face up, with the chip going into the reader.
desk-card-authenticate = Enter the PIN to show that you are the officer whose card this is.
desk-card-sign = You sign this as an officer. A signature cannot be taken back.
desk-card-lead = Your officer’s card will sign the following. Check it, then open the signing app.
desk-card-back = Go back without signing

# Enrolment
desk-enrol-title = Enrol your officer’s card
desk-enrol-lead = Enter the code that your administrator gave you, and enrol your own officer’s card. You are logged in right after that.
desk-enrol-code = Invitation code
desk-enrol-code-help = Twenty letters and digits. Hyphens and spaces may be left out.
desk-enrol-go = Go on to enrol the card
