# The texts of the pages.

house = Kagimori
skip = Skip to content
language-other = 日本語
clock-label = Time now (Japan time)
clock = { $year }-{ $month }-{ $day } { $hour }:{ $minute } JST
date = { $weekday }, { $day } { $monthname } { $year }
date-time = { $weekday }, { $day } { $monthname } { $year }, { $hour }:{ $minute } (Japan time)
date-time-second = { $weekday }, { $day } { $monthname } { $year }, { $hour }:{ $minute }:{ $second } (Japan time)
weekday-0 = Sunday
weekday-1 = Monday
weekday-2 = Tuesday
weekday-3 = Wednesday
weekday-4 = Thursday
weekday-5 = Friday
weekday-6 = Saturday
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
yen = { $amount } yen
to-menu = Menu
to-offices = To the list of offices
close-window = Close
close-window-help = Close this window to return to the page before.
print-page = Print
print-browser = Use your browser's Print command.
new-window = (opens in a new window)
required = required
optional = optional
conditional = required for some reasons
code = ({ $code })
steps-label = Steps of the procedure
step-done = Done:
contact-heading = Contact
busy = Please wait. Your request is being processed.
busy-long = This is taking a while. Please check your connection. What you sent may have arrived.
busy-back = Back to the page
idle-heading = This session ends soon
idle-text = Nothing has been done for a while, so the session will end shortly. Choose “Continue” to go on. What you entered stays.
idle-continue = Continue
errors-heading = Please check what you entered
back-button-note = Please do not use the browser's Back button.

# The list of offices and an office's page
offices-title = Offices
offices-lead = Choose the office you want to deal with.
office-title = Menu
office-lead = Choose a procedure.
office-online = Online procedures
office-paper = Procedures on paper
tile-revocation = Apply for revocation
tile-revocation-text = Revoke the certificates on the IC card you have at hand.
tile-status = Status of the application
tile-status-text = Continue an application you have begun, or see what was accepted in this browser.
tile-receipt = Look up by receipt number
tile-receipt-text = See what became of an application, with the receipt number and check code.
tile-paper = Revocation on paper
tile-paper-text = If the card is lost, you do not know the PIN, or the last day has passed.

# Steps
step-1 = Read
step-2 = Card
step-3 = Enter
step-4 = Check
step-5 = Done

# S1
start-title = Revocation of an IC card
start-lead = Revoke the certificates on the IC card you have at hand, online.
start-limit = Applications are taken until 23:59 (Japan time) on the day { $days } days before the day on which validity ends. The last day for your card is shown once it has been read.
start-warning-heading = Check with the authorities you deal with first
start-warning = An accepted application revokes the card promptly. If a transaction such as an electronic bid is still running, revoking the card on the way can make the bid void, and in some cases the card must not be revoked yet.
start-warning-final = After “Apply for revocation (final)” the application can be neither corrected nor withdrawn. A revoked certificate cannot be restored.
start-must = Please read these two texts
start-done = Done
start-open = Not read yet
start-flow = Flow of the procedure
start-flow-open = Read the flow
start-terms = Terms of use
start-terms-open = Read the terms
start-print-terms = Please print the terms of use and keep them.
start-agree = Agree and continue
start-quit = Quit
start-gate = You can go on once you have opened both the flow and the terms.
start-gate-done = You have opened both. You can go on.
start-paper = If the card is lost or broken, you do not know the PIN, or the last day has passed, use this procedure instead.
start-paper-link = Revocation on paper
start-insert = Insert the IC card face up so that its chip enters the reader.

# W1, W2, paper
document-hash = Fingerprint of this edition (SHA-256)
document-keep = Please keep the printed pages.
document-flow = Flow of the procedure
document-terms = Terms of use
document-paper = Revocation on paper

# S2
card-title = Open the signature app
card-title-sign = Sign with the signature app
card-lead = The card is read and the PIN is entered in the signature app on this computer. The PIN is never sent to this site.
card-lead-sign = Sign what you have checked with the IC card. The signature app shows exactly the text that is signed. Once it is signed, the application is final and can be neither corrected nor withdrawn.
card-keep = Please leave the IC card in the reader.
card-open = Open the signature app
card-back = Back
card-back-sign = Back to checking
card-until = This request is valid until { $time }.
card-help-heading = If nothing opens
card-help-start = Check that the signature app is running. You can start it from the desktop as “Kagimori signature app”.
card-help-back = If the browser says that it cannot connect, return to this page with the browser's Back button, start the signature app and choose “Open the signature app” again. Nothing you entered is lost.
card-help-install = If it is not installed yet, follow the guide that came with the IC card.
card-help-doctor = If it still does not open, the diagnosis of the signature app (command kagimori-agent doctor) shows the cause.
card-help-link = Start the signature app directly

# What the signature app shows for the card requests
request-title = Revocation of an IC card
request-present = Insert the IC card you want to revoke, face up, so that its chip enters the reader.
request-authenticate = Enter the PIN to show that you are the holder of this IC card. Nothing is applied for yet.
request-sign = Signing and sending this text makes the application for revocation final. It can be neither corrected nor withdrawn.

# S3
certificate-title = Content of the IC card
certificate-lead = Check that this is the IC card you want to revoke.
certificate-deadline = Online applications are taken until: { $time }
certificate-holder = Holder (kanji)
certificate-holder-romaji = Holder (Latin letters)
certificate-home = Home address (Latin letters)
certificate-organisation = Organisation (kanji)
certificate-organisation-romaji = Organisation (Latin letters)
certificate-office-address = Head office (kanji)
certificate-corporate-number = Corporate number
certificate-serial-signature = Serial number (signature)
certificate-serial-authentication = Serial number (authentication)
certificate-serial-before = { $serial } (revoked already, { $time })
certificate-issuer = Issuer
certificate-validity = Validity
certificate-validity-text = { $from } to { $to }
certificate-next = Enter application details
certificate-back = Back
certificate-caption = Content of the IC card
certificates-both = Both certificates on the IC card will be revoked: the one for authentication and the one for signatures.
certificates-both-revoked = Both certificates on the IC card have been revoked: the one for authentication and the one for signatures.
certificate-warning = Before you go on, please ask the authorities you deal with about the right time for the revocation.

# S4
application-title = Application details
application-lead = Enter what the application for revocation needs.
application-example = Show an example
application-next = Check the application
application-back = Back to the content of the IC card
application-about = About the application
application-applicant = Applicant
application-account = Bank account, in case a refund is due
application-account-help = We always ask for it because a refund may arise.
application-choose = Please choose
application-paper-only = (on paper only)
application-quit = Quit
field-reason = Reason
field-reason-detail = Remark on the reason
field-event-date = Date of the event
field-applicant-name = Applicant's name
field-applicant-kana = Applicant's name in katakana
field-phone = Phone number
field-mail = Email address
field-mail-again = Email address (again)
field-bank = Bank
field-branch = Branch
field-account-type = Type of account
field-account-number = Account number
field-account-holder = Account holder (katakana)
field-new-issue = Order a new certificate at the same time
help-reason = If your address has changed, choose “Change of what the certificate says”. If another person takes over, choose “Use by this holder has ended”.
help-reason-detail = Up to 200 characters
help-event-date = Required if the private key was compromised, what the certificate says has changed, or you left the organisation.
help-applicant-name = The name in the certificate. It cannot be changed.
help-applicant-kana = Full-width katakana, up to 60 characters, with a full-width space between family and given name.
help-phone = 10 or 11 half-width digits, no hyphens
help-mail = We confirm acceptance and revocation to this address.
help-mail-again = Enter it once more to make sure.
help-bank = Full-width characters, up to 40
help-branch = Full-width characters, up to 40
help-account-number = 7 half-width digits. If there are fewer, zeros are put in front.
help-account-holder = The name in katakana as it stands in the passbook, full-width or half-width. It is recorded in half-width katakana.
kana-account-holder = “{ $field }” contains something other than katakana.
kana-account-holder-next = Use katakana, full-width or half-width.
card-character-next = It cannot be printed on the receipt, so you cannot apply online. Please use the procedure on paper.
help-new-issue = If you choose Yes, the refund is set off against the price of the new certificate.
reason-key_compromise = The private key is compromised, or may be
reason-content_changed = Change of what the certificate says (name, home address in Latin letters, organisation, head office, corporate number)
reason-left_organisation = The holder no longer belongs to the organisation
reason-use_stopped = Use by this holder has ended (another holder, transfer)
reason-bankruptcy = Bankruptcy of the organisation or the like
reason-lost = The IC card or the PIN is lost or stolen
reason-damaged = The IC card is damaged (but can still be read)
reason-death = Death of the holder
account-ordinary = Ordinary
account-current = Current
issue-yes = Yes
issue-no = No
not-entered = (nothing entered)
paper-route = To revocation on paper

# Example
example-title = Example
example-lead = An example of a filled-in application. Enter what is true in your case.
example-value-detail = Another holder took over with the transfer of 1 April.
example-value-name = Nippon Taro
example-value-kana = “ニッポン　タロウ”
example-value-bank = Mizuho Bank
example-value-branch = Head office
example-value-holder = “ﾆﾂﾎﾟﾝﾀﾛｳ”

# S5
confirm-title = Check the application
confirm-lead = Please check that everything in the application is right.
confirm-warning-heading = After the final step nothing can be taken back
confirm-warning = After “Apply for revocation (final)” and the signature in the signature app, the application is sent and the certificates are revoked promptly. It can be neither corrected nor withdrawn.
confirm-application = Content of the application
confirm-refund = Estimated refund
confirm-refund-estimate = { $amount } yen
confirm-refund-none = No refund (less than { $minimum } yen remain after the fee)
confirm-refund-unknown = The price paid is not on record; we will tell you later
confirm-refund-note = The estimate is computed from the price paid and the months left, less a fee of { $fee } yen. The actual amount follows after examination.
confirm-text = Text to be signed
confirm-text-note = The IC card signs exactly this text.
confirm-checked = I have checked the content above
confirm-final = Apply for revocation (final)
confirm-edit = Correct
confirm-gate = Tick “I have checked the content above” to make the application final.
confirm-fixed = This content is waiting to be signed. If you correct it, the request for a signature is withdrawn.
confirm-lapsed = The time for the signature is over, so this text can no longer be signed. To go on, choose “Correct” and check the content once more. Nothing has been applied for yet.
confirm-again = Go on to sign

# S6, W3
done-title = Application accepted
done-lead = The application for revocation was accepted and the certificates are revoked.
done-number = Receipt number
done-at = Accepted
done-check-code-help = When you ask about this application, please quote the check code together with the receipt number.
done-signed = Text that was signed
done-visible = When others can see it
done-accepted = Accepted
done-revoked = Revoked
done-ocsp = OCSP (online status)
done-ocsp-text = Shows “revoked” since { $time }. Anyone who checked just before may see it up to { $minutes } minutes later.
done-crl-signature = CRL (revocation list), signature
done-crl-authentication = CRL (revocation list), authentication
done-crl-published = On list number { $crl }, published { $time }.
done-crl-waiting = On the next list, which will be published shortly. Open this page again to see when.
done-crl-cache = Whoever still uses a list obtained before may not see it until that list runs out.
done-mail = We confirm acceptance and revocation by email to { $mail }.
done-keep = Please print the content of the application and keep it.
done-print = Print the application
done-pdf = Save the receipt (PDF)
done-quit = Quit
done-reason = Reason
print-title = Content of the application for revocation
print-reprint = Printed again
print-at = Printed
print-applicant = Applicant
print-sheet = Page { $page } of { $pages }

# Status
status-title = Status of the application
status-none = There is no application in this session.
status-none-text = To apply, choose “Apply for revocation” in the menu. The results of accepted applications were sent by email.
status-entering = You are entering the application. Nothing has been applied for yet.
status-entering-go = Continue entering
status-reviewing = You are checking the application. Nothing has been applied for yet.
status-reviewing-go = To checking
status-asked = Your application is waiting for your signature. Nothing has been applied for yet.
status-asked-go = To the signature app
status-lapsed = The time for the signature is over. Nothing has been applied for yet.
status-lapsed-go = To checking
status-signed = Signed, not yet applied for
status-signed-text = The text is signed, but the application has not been made. Choose whether to go on or to stop. After { $time } the signature no longer counts.
status-signed-go = Go on
status-signed-stop = Stop
status-accepted = The application has been accepted.
status-accepted-go = See what was accepted

# End
ended-title = The session has ended
ended-quit = You ended the procedure. No application was made.
ended-done = You ended the procedure. The application for revocation has been accepted.
ended-advice = If you use a shared computer, take out the IC card and close all browser windows.
ended-again = Start again from the beginning

# Error page
problem-title = Unable to continue
problem-back = Back to the page before
notice-heading = Please note
notice-cancelled = You cancelled in the signature app. Nothing was changed. To try again, choose “Open the signature app”.

## Officers

role-entry = Entry
role-approval = Approval
role-audit = Audit
role-administration = Administration

# The application on paper
paper-enclose = What to enclose
paper-enclose-lead = Choose who applies and why, and you see what has to be enclosed with the form.
paper-enclose-show = Show what is needed
paper-enclose-list = Enclose these
paper-enclose-dated = (issued within the last { $months } months)
paper-enclose-not = This applicant cannot apply for this reason. Please choose another applicant or reason.
paper-applicant = Applying as
paper-or = {" "}or{" "}
paper-time-heading = Where to send it, and how long it takes
paper-time = If nothing is missing, an officer examines the papers and another officer approves them; the certificates are revoked at that moment. This is usually done by the next working day after the papers arrive, and you are told the result by e-mail or by post.
paper-notice = Form for revocation
paper-notice-to = To { $office }
paper-notice-make = Make the form
paper-notice-lead = Enter what you know, print it, sign it and put your registered seal on it. What you leave empty can be written by hand. Nothing that you enter is kept.
paper-notice-print = Open the page to print
paper-notice-pdf = Save as PDF
paper-notice-certificate = Certificate to be revoked
paper-notice-why = Why
paper-notice-who = Applicant
paper-notice-enclosed = Enclosures
paper-notice-sign = Signature and seal
paper-notice-day = Date
paper-notice-name = Signature of the applicant
paper-notice-both = Once revoked, neither of the two certificates on the IC card can be used any more: the one for authentication and the one for signatures. This cannot be undone.
paper-notice-send = Send the form and its enclosures by post to the address given as this office’s contact. If a lost or stolen card makes it urgent, please call first.
paper-blank = ____________________
paper-blank-day = Year ______ Month ____ Day ____
paper-blank-seal = ____________________ (registered seal)
paper-tick = [   ] enclosed
paper-field-holder = Holder of the certificate
paper-field-company = Organisation
paper-field-serial = Serial number of the certificate
paper-field-event_date = Date of event
paper-field-detail = Reason in detail
paper-field-name = Applicant
paper-field-kana = Applicant in kana
paper-field-postal_code = Postal code
paper-field-address = Address
paper-field-phone = Telephone
paper-field-mail = E-mail
lookup-title = Status of an application by its receipt number
lookup-lead = Enter the check code that stands beside your receipt number.
lookup-lead-both = Enter the receipt number and the check code that stands beside it.
lookup-number-help = Eleven digits.
lookup-help = Eight letters and digits. Capitals and small letters count as the same.
lookup-go = Look it up
lookup-link = Look up this application later with its receipt number and check code
lookup-office = Office
lookup-accepted = Received
lookup-revoked-at = Revoked at
lookup-listed = On the revocation list since
lookup-drafting = The office is checking what was entered.
lookup-waiting = It was received and is being reviewed.
lookup-returned = The office is getting in touch about the content of the application.
lookup-revoked = It was accepted, and the certificates are revoked.
lookup-denied = It could not be accepted. Please read the notice that was sent.
lookup-withdrawn = It was withdrawn.

# What a card is instead of accepted (the reason of E-REVIEW-CERT)
standing-not-yet-valid = is not valid yet
standing-expired = has expired
standing-revoked = is revoked
standing-unaccepted = is of an issuer that is not accepted
standing-broken = does not verify
standing-undetermined = has a status that cannot be determined
