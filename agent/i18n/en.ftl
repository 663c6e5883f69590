# The words of the signature app. Japanese stands in ja.ftl under the same keys.

app = Kagimori signature app
language-switch = Language
skip = To the main part

# Start page
start-title = Procedures with your IC card
start-lead = Begin a procedure that uses your IC card.
start-cards = Card readers and IC cards
start-procedures = Procedures
start-no-portal = No office has been allowed yet. When an office's page opens this app, you will be asked whether to allow it.
start-unreachable = { $what } cannot be reached. Check the internet connection, and open this page again in a while.
start-kept = Your PIN is being kept for a short time. It is wiped at once when you take the card out or press “End”.
start-kept-swap = The PIN of the card before is being kept while the cards are swapped. It is wiped at once when the swap is done or you press “End”.
start-kept-title = PIN kept for a short time
start-quit = End
start-phrase = Your phrase
start-phrase-change = Change the phrase
start-phrase-choose = Choose a phrase
start-settings = Settings
start-portals = Allowed office sites
card-reader-empty = No card is inserted
card-reader-mute = The card cannot be read
card-reader-foreign = This card cannot be used here
card-reader-reading = The card is being read
card-holder = Holder
card-issuer = Issuer
card-until = Valid until
card-serial = Serial number
card-place = Reader
card-used = Card to be used
card-unreadable-certificate = The certificate's content cannot be shown

# The phrase
phrase-title = Choose your phrase
phrase-lead = Every page of this app that asks for your PIN shows this phrase. Never type your PIN into a page that shows another phrase or none.
phrase-label = Phrase
phrase-help = 2 to 40 characters, for example: blue kettle. Do not use your PIN, or a password that you use elsewhere.
phrase-go = Use this phrase
phrase-bad = The phrase needs 2 to 40 characters.
phrase-shown = Phrase “{ $what }”

# Allowing a portal
allow-title = Allow this site?
allow-lead = The following site has not been allowed to use the IC cards of this computer yet.
allow-origin = Site
allow-how = Compare the address letter by letter, and make sure that it is the site of the office where you are. If you do not know it, do not allow it and close this page.
allow-command = You can also allow it by a command: { $what }
allow-go = Allow this site
allow-no = Do not allow
allow-refused-title = Not allowed
allow-refused = Nothing has changed. You may close this page.

# A card request
request-from = Request from { $what }
request-check = Check that this is the card for this procedure.
request-check-revocation = Check that this is the card you want to revoke.
request-waiting = This page changes when a card is inserted.
request-choose = Choose the card to use
request-one = Card to be used
request-consent = The certificates of this card will be sent to “{ $what }”. Your PIN is asked on the next page.
request-go-card = Continue with this card
swap-take-out = The card in the reader is the current one that you have just used. Take it out, and insert the new one.
swap-insert = Insert the new IC card. This page changes when it is there.
swap-check = Make sure that this is the new IC card.
swap-one = New IC card
swap-choose = Choose the new IC card
request-cancel = Stop and go back
prove-title = Enter your PIN
prove-go = OK
prove-cancel = Cancel
sign-title = You are signing this
sign-lead = The IC card signs exactly the following text.
sign-text = Text to be signed
sign-go = Sign and send
pin-label = PIN
pin-number-title = Enter the PIN number.
pin-number-label = PIN number
pin-same = The PIN number of the card before is tried once on this card. If it is another one, you will be asked for it.
pin-same-go = Use the PIN number of the card before
pin-differs = The PIN number is another one. Enter it ({ $n ->
        [one] { $n } try left
       *[other] { $n } tries left
    }).
pin-differs-unknown = The PIN number is another one. Enter it.
person-label = Person in charge
person-help = Nothing needs to be entered here.
person-bad = Enter up to 20 characters in one line, and not your PIN number.
pin-tries = { $n ->
        [one] { $n } try left
       *[other] { $n } tries left
    }
pin-tries-after = {" "}(the card locks after wrong entries in a row).
pin-tries-unknown = The card locks after wrong entries in a row.
pin-stays = The PIN never leaves this computer and the card.
pin-kept = The PIN that you entered a moment ago will be used. You need not enter it again.
pin-gone = The PIN that was kept is gone, because the card was taken out or its time was over. Enter it again.
pin-last-label = I understand that the next wrong PIN locks the card, and I want to continue
pin-last-unticked = Tick this box to continue. Nothing was sent to the card, so no try was used.
pin-rule-digits = { $min } to { $max } half-width digits
pin-rule-any = { $min } to { $max } half-width letters, digits or signs
working-title = Working
working-lead = Leave the card in the reader. The page goes on by itself.
working-reload = Refresh the page
refused-title = Unable to continue
refused-again = Try another card
unsent-title = The result is not known yet
unsent-go = Send again
back-link = Go back to the site
message-title = Please note
message-start = To the start page of the signature app
error-summary = Please check the following

# Acquisition
acquire-title = A digital certificate is acquired
acquire-label = Terminal
acquire-subject = Name in the certificate
acquire-makes = What is made
acquire-makes-what = A private key ({ $what }), and a request for its certificate
acquire-choose = Choose where the key shall live
acquire-place = Where the key lives
acquire-place-token = Token “{ $what }”
acquire-place-go = Continue with this place
acquire-no-place = No place for a key was found. Plug a token in, and look again.
acquire-look-again = Look again
acquire-consent = “{ $what }” is sent the public half of the key and the request, and nothing else. The private key is made in the place that you choose, and never leaves it.
acquire-make-title = A key is made and its certificate acquired
acquire-make-go = Make the key and acquire
acquire-go-on-title = The acquisition goes on
acquire-go-on-go = Continue
acquire-test-title = The certificate is installed and could not be tested
acquire-test-go = Test again
acquire-pin = PIN of the token
acquire-pin-help = Wrong entries in a row may lock the token. The PIN never leaves this terminal and the token.
acquire-pin-was-wrong = A wrong PIN was entered the last time.
acquire-own-keys = When you have pressed “Continue”, enter the PIN on the keys of the token.
acquire-last-label = I understand that the next wrong PIN locks the token, and I want to continue
acquire-last-unticked = Tick this box to continue. Nothing was sent to the token.
acquire-choose-again = Choose another place
acquire-leave = Go back without the test
acquire-working = The key is made, its certificate acquired and tested. Leave the token or card where it is. The page goes on by itself.
acquired-title = The certificate is installed
acquired-passed = A server was reached with this certificate.
acquired-untested = Key and certificate belong together.
acquired-back = Go back to the site

# The code of a message
code = ({ $what })

# Messages with a code. The value says what happened, .next what to do.
E-READER-NONE = No card reader was found.
    .next = Check its connection, and try again with the reader plugged in.
E-CARD-NONE = No IC card is inserted.
    .next = Insert the card face up, so that its chip goes into the reader first.
E-CARD-UNREADABLE = The IC card cannot be read.
    .next = Check which way it is inserted, and whether it is clean. If it is damaged, ask the certification authority.
E-CARD-TYPE = This kind of IC card cannot be used for this procedure.
    .next = Insert the card that belongs to this procedure.
E-CARD-REMOVED = The IC card was taken out while it was being used. Nothing was completed, and no PIN try was lost.
    .next = Insert the card again and continue.
E-CARD-CHANGED = Another IC card was inserted on the way.
    .next = Insert the card that was confirmed at the beginning.
E-CARD-MULTI = More than one IC card was found.
    .next = Choose the card to use, or leave only that one inserted.
E-CARD-BUSY = Another program is using the IC card.
    .next = Close that program or wait until it has finished, then try again.
E-PCSC = The smart-card function (PC/SC) of this computer cannot be used.
    .next = Make sure that the smart-card service is installed and running. “kagimori-agent doctor” looks for the cause.
E-PIN-WRONG = { $n ->
        [0] The PIN is wrong. Wrong entries in a row lock the card.
        [one] The PIN is wrong. { $n } more wrong entry locks the card.
       *[other] The PIN is wrong. { $n } more wrong entries lock the card.
    }
    .next = Check it and enter it again.
W-PIN-LAST = The next wrong PIN locks the IC card. Do you want to continue?
    .next = To continue, tick the box. If you do not know the PIN, stop here and ask the certification authority.
E-PIN-LOCKED-AOS = { $max ->
        [0] The IC card is locked, because a wrong PIN was entered too often in a row.
       *[other] The IC card is locked, because a wrong PIN was entered { $max } times in a row.
    }
    .next = Unlock it with the unlock tool. If unlocking fails too often the card becomes unusable, and it must be revoked and applied for again. If it is urgent, apply on paper.
E-PIN-FORMAT = The PIN consists of { $rule }.
    .next = Nothing was sent to the card, so no try was lost. Enter it again.
E-STALE = This page is out of date.
    .next = Open the present page and continue there.
E-TIMEOUT = Nothing was done for a while, so this has ended. The PIN that you entered is not kept.
    .next = Go back to the site and begin again.
E-NET-UNKNOWN = The connection broke, and the result is not known.
    .next = Press “Send again”. You need not enter the PIN again, and nothing is applied for twice.
E-SIGNATURE = The text to be signed cannot be shown faithfully, so it is not signed.
    .next = Go back to the site and ask the office. Nothing was applied for.
E-ORIGIN = A request from a place that is not allowed was turned away.
    .next = Begin again from the office's site, or from the start page of the signature app.
E-CLAIMED = This request is open on another page or on another computer.
    .next = Continue on the page that was opened first, or begin again on the site.
E-UPDATE = The signature app and the site are of different versions, so this cannot go on.
    .next = Update the signature app. If it is the newest one already, ask the office.
E-LIMIT = There were too many requests in a short time.
    .next = Wait a while and try again.
E-SIZE = What was sent is too large.
    .next = Go back to the page before and try again.
E-NOT-FOUND = The page that you are looking for was not found.
    .next = Go back to the site and begin again.
E-FAULT = The exchange with the site could not go on. Nothing was applied for.
    .next = Check the internet connection, and try again on the site in a while.
E-KEY-MODULE = The token software of this terminal (PKCS#11 module) cannot be used.
    .next = “kagimori-agent doctor” looks for the cause. Ask whoever runs this terminal to check where it is set to be, and its version.
E-KEY-GONE = The place in which the key was made (a token, a card or a file) was not found.
    .next = Plug it in again or put it back where it was, and continue. If it is lost, apply to the service centre for a reissue.
E-KEY-PLACE = No key can be made in the chosen place, or no certificate written to it.
    .next = Choose another place. To use this one, whoever issued the card or token must allow writing to it.
E-KEY-TAKEN = The chosen place holds another key or certificate. It was not overwritten.
    .next = Choose another place.
E-KEY-DIFFERS = The certificate that came is not for this terminal's key.
    .next = Go back to the site and ask the service centre. If the acquisition was begun on another terminal, continue there.
E-PIN-LOCKED = The token is locked, because a wrong PIN was entered too often in a row.
    .next = Ask whoever issued the token, or whoever runs this terminal, to unlock it.
E-TEST-CONNECT = The server of the test cannot be reached.
    .next = Check the internet connection, the proxy and the firewall, and try again. The certificate is installed.
E-TEST-TRUST = This computer does not trust the certificate of the test's server.
    .next = Ask whoever runs this terminal whether a device or a program intercepts the connection. The certificate is installed.
E-TEST-CLOCK = The clock of this computer is wrong.
    .next = Set date and time, and try again. The certificate is installed.
E-TEST-EXPIRED = The certificate has expired.
    .next = Check the date of this terminal. If it is right, apply to the service centre for a reissue.
E-TEST-REFUSED = The server of the test refused the certificate.
    .next = Try again in a while. If it goes on, ask the service centre. The certificate is installed.
E-TEST-SERVER = The server of the test asked for no certificate, or answered with an error.
    .next = Try again in a while. If it goes on, ask the service centre. The certificate is installed.
E-TEST-KEY = The key could not be used during the test.
    .next = Make sure that the token or card is plugged in, and try again. The certificate is installed.
E-CERT-EXPIRED = The IC card has expired.
    .next = Insert a valid IC card.
E-CERT-NOTYET = The IC card is not valid yet.
    .next = Try again when its validity has begun.
E-CERT-REVOKED = The IC card's certificate has been revoked.
    .next = Insert a valid IC card.
E-CERT-UNKNOWN = Whether the certificate has been revoked cannot be checked now, so the procedure cannot go on.
    .next = Try again in a while.
E-CERT-ISSUER = Certificates of this certification authority cannot be used here.
    .next = Insert an IC card that was issued by the office that asks.
E-CERT-CHAIN = The certificate could not be verified.
    .next = Ask the certification authority.
E-REV-LATE = The last day for revocation by the internet has passed.
    .next = Use the revocation procedure on paper.
E-DUP = An application for this certificate has been accepted already.
    .next = See its status on the site.
E-GATE-1 = The procedure and the terms have not both been read.
    .next = Go back to the site and read both.
E-GATE-2 = The box is not ticked.
    .next = Go back to the site, check the content and tick the box.
E-ONLINE = For this reason you cannot apply by the internet.
    .next = Use the revocation procedure on paper.
E-WIDTH-ZEN = A field that wants full-width characters holds others.
    .next = Go back to the site and correct the entry.
E-WIDTH-HAN = A field that wants half-width digits holds other characters.
    .next = Go back to the site and correct the entry.
E-KANA = A field that wants full-width katakana holds other characters.
    .next = Go back to the site and correct the entry.
E-TEL = The telephone number has another form.
    .next = Go back to the site and correct the entry.
E-MAIL-FORMAT = The mail address has another form.
    .next = Go back to the site and correct the entry.
E-MAIL-DIFF = The two mail addresses differ.
    .next = Go back to the site and correct the entry.
E-DATE-INVALID = There is no such date.
    .next = Go back to the site and correct the entry.
E-DATE-FUTURE = The date lies in the future.
    .next = Go back to the site and correct the entry.
E-DATE-EARLY = The date lies before the certificate's validity.
    .next = Go back to the site and correct the entry.
E-CHOICE = The choice is not one of those offered.
    .next = Go back to the site and choose again.
E-REQ = A field is empty.
    .next = Go back to the site and fill it in.
E-LEN = A field is too long.
    .next = Go back to the site and correct the entry.
E-CHAR = A field holds a character that cannot be used.
    .next = Go back to the site and correct the entry.
E-CARD-SAME = The current IC card and the new one are the same card.
    .next = Take the current card out and insert the new one.
E-CARD-SWAPPED = The IC card inserted is not the one that is registered now.
    .next = Check that the current card and the new one are not the wrong way round.
E-CARD-REGISTERED = This IC card is registered already.
    .next = Insert a new card that is not registered yet.
E-CARD-NOTREG = No company is registered with this IC card.
    .next = Use “Register” in the menu.
E-CARD-RENEWED = This IC card was replaced by a new one and cannot be used any more.
    .next = Use the new card.
