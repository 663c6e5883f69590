# Texts of the renewal of an IC card.

# Steps
renewal-step-1 = Before you begin
renewal-step-2 = Both cards
renewal-step-3 = Check
renewal-step-4 = Signature
renewal-step-5 = Done

# Beginning
renewal-title = Renew IC card
renewal-start-lead = Your registration is carried over from an IC card that will soon expire to a new one.
renewal-start-old = After the renewal the old IC card cannot be used any more.
renewal-start-held = If the new IC card says something else than the register, the renewal is held and reviewed. Until the review is over you can go on using the current IC card.
renewal-start-until = The current IC card is valid until { $date }.
renewal-start-need = What you need
renewal-start-need-old = The IC card that you use now (registered and still valid)
renewal-start-need-new = The new IC card (not registered yet)
renewal-start-need-pin = The PIN of the new IC card. If the current IC card left the reader after the login, its PIN is needed too.
renewal-start-need-pins = The PINs of both IC cards
renewal-start-pin = The PIN is the password that the certification authority gave you when you bought the IC card. It is never sent to this site.
renewal-start-not = When you cannot use this
renewal-start-lost = A card that has expired, is lost, blocked or revoked cannot be renewed. Please register anew with your new IC card.
renewal-start-unfinished = Something that you began here is unfinished. “Begin the renewal” gives it up. To continue it instead:
renewal-start-go = Begin the renewal
renewal-start-nothing = Nothing changes before you press “Renew” on the confirmation page and sign.
renewal-elsewhere = Registered at other ordering bodies
renewal-elsewhere-text = The current IC card is registered at these ordering bodies too. Please renew it at each of them; this renewal does not change those registrations.

renewal-bids = Bids that wait for their opening
renewal-bids-text = Bidding systems have told of these bids with the current IC card or of your company. Please ask each ordering body how they are treated after the renewal.
renewal-bids-opens = Opening { $date }
renewal-bids-late = after the current card ends

# Hand-over to the signature app
renewal-card-title = Both IC cards are checked
renewal-card-lead = Both IC cards are checked in the signature app on this computer, and their PINs are entered there. They are never sent to this site.
renewal-card-says = The IC card that you use now is checked first, and then replaced with the new one. With two readers you can insert both at once.
renewal-card-says-review = You enter the PIN of the IC card that you use now, replace it with the new one, and enter the new one's PIN. With two readers you can insert both at once.
renewal-card-back = Back
renewal-card-sign-title = Sign in the signature app
renewal-card-sign-lead = The new IC card signs what you have checked. The signature app shows exactly the text that is signed.
renewal-card-sign-says = Please leave the new IC card in the reader. Nothing is renewed before it is signed.
renewal-card-sign-back = Back to the confirmation
renewal-request-title = Renewal of an IC card
renewal-request-old = Please make sure that the IC card you use now is inserted correctly in the IC card reader, and click “OK”.
renewal-request-new = Please make sure that the new IC card is inserted correctly in the IC card reader, and click “OK”.
renewal-request-sign-old = This shows that you hold the IC card in use. Nothing changes before you press “Renew”.
renewal-request-sign-new = This shows that you hold the new IC card. Nothing changes before you press “Renew”. The person in charge may be left empty.
renewal-request-sign = Signing and sending this applies for the renewal of the IC card.

# Confirmation
renewal-confirm-title = Confirmation of the certificate renewal
renewal-confirm-current = Current user registration
renewal-old = Current IC card
renewal-new = New IC card
renewal-person = Person in charge
renewal-confirm-differs = Differs
renewal-confirm-warnings = Please note
renewal-confirm-compare = Register and new IC card
renewal-confirm-held = The register says something else in some items. When you press “Renew” and sign, the renewal is held and reviewed. The result is sent by email. Until the review is over you can go on using the current IC card.
renewal-confirm-check = Please check that both company names of the new IC card are those of your company.
renewal-confirm-check-review = Please check that both company names of the new IC card are those of your company.
renewal-confirm-blank = (nothing there)
renewal-confirm-go-text = If everything is correct, please press “Renew”.
renewal-confirm-go = Renew
renewal-confirm-older = I have checked that the new IC card expires before the current one
renewal-confirm-untick = Please tick the box about the validity of the new IC card, and press “Renew” again.
renewal-confirm-back = Back
renewal-confirm-back-text = If you do not want to renew, click “Back” and begin the renewal again.
renewal-confirm-edit = Stop signing and check again
renewal-confirm-fixed = This waits for its signature. Nothing is renewed yet.
renewal-confirm-lapsed = The time for the signature is over, and this text can no longer be signed. To continue, press “Stop signing and check again”. Nothing is renewed yet.

# Result
renewal-done-title-renewed = Result of the certificate renewal
renewal-done-title-renewed-review = Renewal complete
renewal-done-title-held = Your application for the renewal was received (under review)
renewal-done-title-returned = Your application for the renewal was returned
renewal-done-title-denied = Your application for the renewal was denied
renewal-done-title-withdrawn = Your application for the renewal was withdrawn
renewal-done-title-lapsed = Your application for the renewal has lapsed
renewal-done-lead-renewed = The IC card has been renewed. Please click “Close” to end the procedure.
renewal-done-lead-renewed-review = The IC card has been renewed. Please click “Close” and exit once.
renewal-done-lead-held = Nothing has changed yet. You can go on using the current IC card; the new one cannot be used before it is approved.
renewal-done-lead-returned = The reviewing office has a question. Please log in with the current IC card to see it.
renewal-done-lead-denied = You can go on using the current IC card. Nobody can log in with the new one.
renewal-done-lead-withdrawn = Nothing has changed. You can go on using the current IC card.
renewal-done-lead-lapsed = There was no answer in time, and the application has ended. You can go on using the current IC card.
renewal-done-at = Renewed
renewal-done-usable = The current IC card, which you use until the review is over, is valid until { $date }.
renewal-done-old = Renewed (cannot be used). Nobody can log in with this IC card.
renewal-done-print = Print
renewal-done-quit = Close
renewal-print-title = Content of the certificate renewal
renewal-print-hidden = (personal data, not printed)

# What was begun
renewal-status-confirming = You are checking the content. Nothing is renewed yet.
renewal-status-asked = It waits for the signature. Nothing is renewed yet.
renewal-status-lapsed = The time for the signature is over. Nothing is renewed yet.

# An application under review
renewal-case-title = Application for the IC card renewal
renewal-case-name = Your application for the IC card renewal
renewal-case-again = Please read why. You can then begin a renewal again.
renewal-withdraw-note = A withdrawn application renews nothing. You can go on using the current IC card, and begin a renewal again.
