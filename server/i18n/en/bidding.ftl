# Texts of an ordering body's pages.

bidder-menu-title = User registration menu
bidder-menu-lead = Choose what you want to do. Please have your IC card and card reader ready.
bidder-online = User registration
bidder-register = New registration
bidder-register-text = For companies that use this service for the first time, and for a second or further IC card. You need the registration number of your qualification, and your registration password or the code that was sent by post.
bidder-register-lost = If your IC card has expired, is lost, blocked or revoked, please use “New registration” too, with your new IC card. You enter the department that uses the card and its contact details.
bidder-change = Change
bidder-change-text = To change the registered department, person in charge, contact details or email address. You log in with your registered IC card.
bidder-renew = Renew IC card
bidder-renew-text = To carry your registration over from an IC card that will soon expire to a new one. You need both the card in use and the new one.
bidder-renew-limits = After the renewal the old IC card cannot be used any more. A card that has expired, is lost or blocked cannot be renewed: please use “New registration”.
bidder-other = Look-ups and guidance
bidder-receipt-text = See what became of an application, with the receipt number and check code of your receipt.
bidder-status-text = Continue or give up what was begun in this browser.
bidder-guide = Before you begin
bidder-links = Related sites
bidder-link-contact = Contact us
bidder-link-information = Bid information service
bidder-link-bidding = Electronic bidding system
bidder-system = Electronic bidding system
bidder-who = Logged in
bidder-card = IC card …{ $serial } (until { $date })
bidder-log-in = Log in
bidder-log-out = Log out
bidder-account = Your registration
bidder-out-text = You are not logged in. “Change” and your registration need a login with your registered IC card.
bidder-in-text = You are logged in for { $company }.
bidder-card-watched = Taking the IC card out of the reader logs you out.

# Login
bidder-login-title = Log in
bidder-login-lead = You log in with your registered IC card. Its PIN is entered in the signature app on this computer and is never sent to this site.
bidder-login-insert = Insert the IC card face up, with the chip at the far end of the reader.
bidder-login-card = Log in with the IC card
bidder-login-not = If you are not registered yet, or your IC card has expired, is lost or blocked, please use “New registration”.
bidder-login-late = You were logged out because nothing was done for a while. Please log in again.
bidder-login-cancelled = You stopped in the signature app. You are not logged in.
bidder-login-first = This page needs a login with your registered IC card.
bidder-request-title = Login to electronic bidding
bidder-request-present = Insert the IC card that you use now, face up, with the chip at the far end of the reader.
bidder-request-authenticate = Enter the PIN to show that this is the IC card of the registered company. This logs you in and applies for nothing.

# The end of a login
bidder-ended-title = You are logged out
bidder-ended-out = You are logged out. Please take the IC card out of the reader: a PIN that the signature app still has is erased when the card leaves.
bidder-ended-card = You were logged out because the IC card left the reader. Nothing that was not confirmed has been done.
bidder-ended-silent = You were logged out because the signature app no longer tells whether the IC card is there. Nothing that was not confirmed has been done.
bidder-ended-quit = You have ended the procedure.
bidder-ended-done = The procedure is complete, and you are logged out.
bidder-ended-advice = On a shared computer, please take out the IC card and close every browser.
bidder-ended-again = Before you log in to the electronic bidding system, please close every browser once, start the browser anew, and open the electronic bidding system.

# Your registration
bidder-account-title = Your registration
bidder-account-lead = This is what is registered.
bidder-account-company = Entry in the register of qualified bidders
bidder-account-contact = Department and contact
bidder-account-card = IC card in use
bidder-account-open = Applications under way
bidder-account-change = Change the registration
bidder-account-renew = Renew the IC card
bidder-account-soon = Your IC card is valid until { $date }, which is near.
bidder-account-soon-next = Please get a new IC card and use “Renew IC card” before that day. After it, the card cannot be renewed and a “New registration” is needed.
bidder-number = Registration number
bidder-company = Company name
bidder-company-review = Trade name
bidder-address = Company address
bidder-address-review = Address
bidder-representative = Representative
bidder-delegate = Delegate
bidder-corporate-number = Corporate number
bidder-valid = Period of qualification
bidder-card-company = Company on the IC card
bidder-card-company-review = Trade name on the IC card
bidder-card-address = Company address on the IC card
bidder-card-address-review = Business address on the IC card
bidder-card-holder = Holder of the IC card
bidder-card-holder-address = Address of the holder
bidder-card-serial = Certificate serial number
bidder-card-issuer = Certificate issuer
bidder-card-until = Certificate valid until
bidder-card-number = Corporate number on the IC card
bidder-since = Registered

# What to do about errors at an ordering body
bidder-next-expired = Please use “New registration” with a new IC card.
bidder-next-not-yet = Please come back when its validity has begun.
bidder-next-unknown = Please try again after a while. Nothing was recorded about it, and your registration is as it was.
bidder-next-revoked = Please use “New registration” with a new IC card.
bidder-next-new-card = Please insert a new IC card that is valid. If you have none, ask the authority that issued the card. The card you have now can be used as before.
bidder-next-issuer = Please insert an IC card of an authority accepted for electronic bidding. The office can tell you which ones are.
bidder-next-chain = Please check that the card for electronic bidding is inserted. If it does not help, ask the authority that issued it.
bidder-next-stale = Continue from “Status of the application”, or start again from the user registration menu.
bidder-next-timeout = Please start again from the user registration menu.
bidder-next-signature = Please start again from the confirmation.
bidder-next-type = Please insert the IC card for electronic bidding.

# Steps of a registration or a change
registration-step-1 = Card
registration-step-2 = Company
registration-step-3 = Details
registration-step-4 = Check
registration-step-5 = Done

# The beginning of a registration
registration-title = New registration
registration-title-change = Change of the registration
registration-start-lead = Register your IC card, so that you can use the electronic bidding system.
registration-start-who = Please use “New registration” in these cases.
registration-start-first = You use this service for the first time.
registration-start-another = You register a second or further IC card of your company (each card has a registration of its own).
registration-start-expired = The registered IC card has expired or was revoked.
registration-start-lost = The registered IC card is lost or blocked.
registration-start-renew = To go from an IC card that is still valid to a new one, please use “Renew IC card”. Your registration is then carried over.
registration-start-need = What you need
registration-start-need-card = The IC card to be registered, and its PIN
registration-start-need-number = Your registration number in the register of qualified bidders
registration-start-need-secret = Your registration password, or the code that the office sent you by post
registration-start-unfinished = Something was begun in this browser and is not finished. “Check the IC card” gives it up. To continue it instead:
registration-start-go = Check the IC card
registration-card-title = Open the signature app
registration-card-lead = The IC card to be registered is checked, and its PIN entered, in the signature app on this computer. The PIN is never sent to this site.
registration-card-sign-title = Sign in the signature app
registration-card-sign-lead = Your IC card signs what you have checked. The signature app shows the very text that is signed.
registration-request-title = User registration for electronic bidding
registration-request-present = Insert the IC card to be registered, face up, with the chip at the far end of the reader.
registration-request-authenticate = Enter the PIN to show that you have this IC card. Nothing is registered yet.
registration-request-sign = Signing and sending this text applies for the user registration.

# The beginning of a change
registration-change-lead = This is what is registered now. A change is signed with the IC card that you logged in with.
registration-change-go = Change it
registration-change-back = Back to your registration
registration-change-company = The company’s name, address and representative come from the register and cannot be changed here. Please file a notice of change with the office.

# Proof of the company
registration-prove-title = Proof of the company
registration-prove-lead = Please show that you are the company in the register of qualified bidders.
registration-prove-number = Registration number
registration-prove-number-help = It stands in the notice of your qualification. Full-width and half-width characters are both taken.
registration-prove-kind = How to show it
registration-prove-password = Registration password
registration-prove-code = Code that was sent by post
registration-prove-secret = Registration password or code
registration-prove-secret-help = What you type is not shown. After several wrong tries you have to wait for a while.
registration-prove-go = Next
registration-prove-lost = If you have neither a registration password nor a code, please contact the office. It posts a code to the address in the register.
registration-prove-wrong = The registration number and the registration password or code do not belong together.
registration-prove-wrong-next = Please check the notice or the letter and enter them again. A code can be used for a limited time.
registration-prove-late = After several wrong tries nothing can be entered until { $time }.
registration-prove-late-next = Please try again later, or contact the office if it is urgent.

# Details
registration-form-title = Department and contact
registration-form-lead = Please enter the department that uses this IC card, and whom to contact.
registration-form-next = Check what I entered
registration-form-quit = Give up
registration-form-company = Company to be registered
registration-field-department = Department
registration-field-name = Contact person
registration-field-phone = Telephone number
registration-field-fax = Fax number
registration-field-mail = Email address
registration-field-mail-again = Email address (again)
registration-help-department = The department that uses this IC card, at most 40 characters. Half-width characters are registered in full width.
registration-help-name = At most 40 characters. Half-width characters are registered in full width.
registration-help-phone = 10 or 11 digits without hyphens. Full-width digits are registered in half width.
registration-help-fax = 10 or 11 digits without hyphens. Full-width digits are registered in half width.
registration-help-mail = You are told the result at this address.
registration-help-mail-again = Please enter it again, to be sure.

# Check
registration-confirm-title = Check of the registration
registration-confirm-lead = Please check everything. If it is right, go on to the signature.
registration-confirm-item = Item
registration-confirm-register = Register
registration-confirm-card = IC card
registration-confirm-person = Representative (or delegate), and holder of the IC card
registration-confirm-compare = Register and IC card
registration-confirm-same = Equal
registration-confirm-variant = Another form of a character
registration-confirm-differs = Different
registration-confirm-not-comparable = Cannot be compared
registration-confirm-held = Something differs from the register. If you apply, the application is held and reviewed, and you are told the result by email.
registration-confirm-entered = What you entered
registration-confirm-before = Before the change
registration-confirm-after = After the change
registration-confirm-check = Please make sure that the company on the IC card to be registered is your company.
registration-confirm-text = Text to be signed
registration-confirm-text-note = The IC card signs exactly this text.
registration-confirm-go = Sign this
registration-confirm-again = Go on to the signature
registration-confirm-edit = Correct it
registration-confirm-fixed = This is waiting for its signature. Correcting it withdraws the request.
registration-confirm-lapsed = It was not signed in time and cannot be signed any more. To go on, press “Correct it” and check everything again. Nothing has been registered.

# Result
registration-done-title = The user registration is complete
registration-done-title-change = The user registration is changed
registration-done-title-held = Your application has been received
registration-done-title-returned = Your application for the registration was returned
registration-done-title-denied = Your application for the registration was denied
registration-done-title-withdrawn = Your application for the registration was withdrawn
registration-done-title-lapsed = Your application for the registration has lapsed
registration-done-lead = You can log in to the electronic bidding system with this IC card.
registration-done-lead-change = The change is in force from now on.
registration-done-lead-held = Something differs from the register, so your application is reviewed. You are told the result by email. Until it is approved you cannot log in with this IC card.
registration-done-lead-held-change = Something differs from the register, so your application is reviewed. You are told the result by email. Until it is approved your registration stays as it is, and you can go on using your IC card.
registration-done-lead-returned = The reviewing office has a question. Please read it, then correct the application and sign it anew, or answer. Until it is approved you cannot log in with this IC card.
registration-done-lead-returned-change = The reviewing office has a question. Please read it, then correct the application and sign it anew, or answer. Your registration is as it was, and you can go on using your IC card.
registration-done-lead-denied = This IC card is not registered. Please read why. You can then apply again with “Register”.
registration-done-lead-denied-change = Your registration is as it was, and you can go on using your IC card. Please read why. You can then apply again.
registration-done-lead-withdrawn = Nothing was registered. You can apply again with “Register”.
registration-done-lead-withdrawn-change = Your registration is as it was, and you can go on using your IC card.
registration-done-lead-lapsed = There was no answer in time, and the application has ended. This IC card is not registered.
registration-done-lead-lapsed-change = There was no answer in time, and the application has ended. Your registration is as it was, and you can go on using your IC card.
registration-done-number = Receipt number
registration-done-at = Received
registration-done-mail = The result is sent to { $mail }.
registration-done-keep = Please print this page and keep it.
registration-done-print = Print
registration-done-quit = Close
registration-print-title = User registration
registration-print-applicant = Company
bidder-pdf = The receipt (PDF)
bidder-pdf-next = The page for printing (the Print button) has the character as it is.

# What was begun
registration-status-none = Nothing is under way in this browser.
registration-status-none-text = To begin, please choose from the user registration menu.
registration-status-proving = The proof of the company is waiting. Nothing has been registered yet.
registration-status-entering = You are entering details. Nothing has been registered yet.
registration-status-reviewing = You are checking the details. Nothing has been registered yet.
registration-status-asked = The signature is waiting. Nothing has been registered yet.
registration-status-lapsed = It was not signed in time. Nothing has been registered yet.
registration-status-signed = Signed, not yet applied for
registration-status-signed-text = It is signed, and the application has not been made yet. Please choose whether to continue or to give up. After { $time } the signature is void.
registration-status-done = It has been received.
registration-status-done-go = See what was received
registration-status-go = Continue
registration-status-stop = Give up

# An application that was held
registration-case-title = Application for the registration
registration-case-name = Your application for the registration
registration-withdraw-note = A withdrawn application registers and changes nothing. What is registered stays as it is, and you can apply again.
registration-prove-denied = The last application with this IC card (receipt number { $number }) was denied.
bidder-case-held = Your application waits for its review. The result is sent by email.
bidder-case-claimed = Your application is under review. The result is sent by email.
bidder-case-returned = Your application was returned. Please read why, and answer.
bidder-case-done = Your application was approved.
bidder-case-denied = Your application was denied. Please read why.
bidder-case-withdrawn = Your application was withdrawn.
bidder-case-lapsed = Your application has lapsed, since there was no answer in time.
bidder-case-reason = Why it was returned
bidder-case-reason-denied = Why it was denied
bidder-case-until = Please answer by { $time }. Without an answer the application lapses.
bidder-case-correct-title = Correct and sign anew
bidder-case-correct-text = Change what you entered, and sign it anew with the same IC card. Until then, what you signed before stays as it is.
bidder-case-correct-go = Correct the content
bidder-case-answer-title = Answer without a change
bidder-case-answer = Answer
bidder-case-answer-help = At most 400 characters. If you have filed a change for the register, please say so.
bidder-case-answer-go = Answer
bidder-case-card = IC card of the application
bidder-case-withdraw = Withdraw the application
bidder-case-note-open = { $what } (receipt number { $number }) is under review.
bidder-case-note-returned = { $what } (receipt number { $number }) was returned.
bidder-case-note-denied = { $what } (receipt number { $number }) was denied.
bidder-case-note-lapsed = { $what } (receipt number { $number }) has lapsed, since there was no answer.
bidder-case-go = See how it stands
bidder-withdraw-title = Withdrawing the application
bidder-withdraw-lead = Do you want to withdraw this application?
bidder-withdraw-go = Withdraw
bidder-withdraw-back = Do not withdraw
