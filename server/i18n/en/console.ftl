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

# Officers
desk-to-officers = To the list of officers
desk-back = Back
desk-act = Action
desk-saved = Saved.
desk-officer-name = Name
desk-officer-person = Staff number
desk-officer-company = Organisation
desk-officer-mail = Mail address
desk-officer-roles = Roles
desk-officer-state = State
desk-officer-seen = Last use
desk-officer-language = Language of notices
desk-help-name = As it stands on the officer’s card. A card with another holder’s name cannot be enrolled.
desk-help-person = The number that the organisation gives. One person has one number.
desk-help-company = The corporate number of thirteen digits, or the organisation’s name. Nobody decides on applications of their own organisation.
desk-help-mail = Where notices of invitations and changed roles go. The code itself is never mailed.
desk-role-entry = Enters paper applications.
desk-role-approval = Reviews applications and decides on them.
desk-role-audit = Sees everything and changes nothing.
desk-role-administration = Looks after officers and the office’s settings.
desk-state-invited = Invited
desk-state-active = Active
desk-state-blocked = Blocked
desk-seen-invited = Invitation valid until { $time }
desk-seen-active = Last login { $time }
desk-seen-blocked = Blocked since { $time }
desk-dormant = Dormant
desk-dormant-note = Accounts unused for a long time, or invitations that have lapsed: { $count }. Block those that are not needed.
desk-own-note = You cannot change the roles or the state of your own account. Please ask another administrator.
desk-roles-save = Save the roles
desk-state-heading = Blocking and inviting again
desk-block-title = Block the account
desk-block-lead = From the next click on, this officer can do nothing any more. Claimed applications return to the list when their time is over.
desk-block-go = Block it
desk-unblock-title = Unblock the account
desk-unblock-lead = This officer can log in again with the enrolled card. Passkeys have to be added anew.
desk-unblock-go = Unblock it
desk-reinvite-title = Invite again
desk-reinvite-lead = A new code is made. The code before it, the enrolled card and the passkeys stop working.
desk-reinvite-go = Make a new code
desk-invite-title = Invite an officer
desk-invite-lead = The invitation code is shown once. Hand it to the person yourself.
desk-invite-go = Invite
desk-code-title = Invitation code
desk-code-once = The code is shown on this page once. Print it or write it down before you leave, and hand it to the person.
desk-code-how = Open the address above, enter the code, and enrol the officer’s card.
desk-code-address = Where to enrol
desk-code-until = Valid until

# Passkeys
desk-passkeys = Passkeys
desk-passkeys-lead = A passkey is another way to log in. Decisions are always signed with the officer’s card.
desk-passkeys-none = No passkey has been added.
desk-passkey-label = Name of the passkey
desk-passkey-label-help = For example: PC in the office
desk-passkey-added = Added
desk-passkey-used = Last used
desk-passkey-unused = Not yet
desk-passkey-add = Add a passkey
desk-passkey-remove = Remove
desk-passkey-again = Please try to add it again.

# Office settings
desk-to-office = To the office’s settings
desk-to-history = To the history
desk-in-ja = { $name } (Japanese)
desk-in-en = { $name } (English)
desk-office-saved = Saved. Every page shows it within a second or so.
desk-office-version = Version { $version }
desk-office-changed = Changed { $time }
desk-office-edit = Change the settings
desk-office-edit-lead = Texts and policy values can be changed here. You see what will change before anything is saved.
desk-office-preview = See what will change
desk-office-save = Save
desk-office-leave = Leave without changes
desk-office-history = History
desk-office-operator = Which authorities are accepted, how cards look and how many persons decide is set by the operator in the office’s file.
desk-office-default = Not set (the usual value)
desk-office-hash = Hash of this version:
desk-office-by-operator = Operator
desk-office-by-former = An officer who is not registered
desk-office-number = “{ $field }” has a value that cannot be used.
desk-office-number-next = Enter a whole number from { $least } to { $most }.
desk-office-name = Name of the office
desk-office-contact = Where to turn
desk-office-sender-name = Name of the sender of letters
desk-office-revocation-last-day-before-expiry = Last day of online application (days before the validity ends)
desk-office-revocation-signature-within-minutes = How long an application waits for its signature (minutes)
desk-office-revocation-purchase-price = Price of a certificate (yen)
desk-office-revocation-refund-fee = Fee for a refund (yen)
desk-office-revocation-refund-unit = Refunds are cut down to a multiple of (yen)
desk-office-revocation-refund-minimum = Smallest refund (yen)
desk-office-review-claim-minutes = How long an application may be claimed (minutes)
desk-office-review-signature-within-minutes = How long a decision waits for an officer’s signature (minutes)
desk-office-review-enclosed-within-months = How old an enclosed official document may be (months)
desk-office-officer-invitation-days = How long an invitation holds (days)
desk-office-officer-dormant-days = An account is dormant after (days)
desk-office-revocation-flow-version = Edition of “Course of the procedure”
desk-office-revocation-flow-text = Text of “Course of the procedure”
desk-office-revocation-terms-version = Edition of “Terms of use”
desk-office-revocation-terms-text = Text of “Terms of use”
desk-office-revocation-paper-version = Edition of “Application on paper”
desk-office-revocation-paper-text = Text of “Application on paper”
desk-preview-title = Check the changes
desk-preview-lead = This is what will change. Save it if it is right.
desk-preview-none = Nothing was changed.
desk-preview-texts = Whoever has read a text before is asked to read the new one. Change its edition too.
desk-preview-again = Back to the form
desk-diff-gone = Removed:
desk-diff-new = Added:
desk-history-version = Version
desk-history-changed = Changed
desk-history-by = By
desk-version-first = There is no version before this one.

# Audit
desk-audit-lead = Everything that is done or refused is recorded in a form that cannot be rewritten. That can be checked without trusting this page.
desk-audit-verify = Check the whole record
desk-audit-export = Export the evidence of one application
desk-audit-where = The operator runs both on the server; --help says how.
