# Words of the receipt and of the mails. One sentence or paragraph per line.

receipt-head = { $office } – { $procedure }
receipt-accepted = Acceptance
receipt-check-code = Check code
receipt-revoked-at = Revoked
receipt-text = Fingerprint of the signed text (SHA-256)
receipt-again = Printed again, { $time }
receipt-final = This application was accepted and the certificates are revoked. It can be neither corrected nor withdrawn.
receipt-asking = When you ask about this application, please quote the receipt number and the check code.
receipt-estimate = The refund is an estimate. The actual amount follows after examination.
receipt-keep = Please keep this sheet.

letter-name = Dear { $applicant },
letter-office = This is { $office }.
letter-number = Receipt number: { $number }
letter-accepted-at = Accepted: { $time }
letter-revoked-at = Revoked: { $time }
letter-reason = Reason: { $reason }
letter-issuer = Issuer: { $issuer }
letter-serial-signature = Serial number (signature): { $serial }
letter-serial-authentication = Serial number (authentication): { $serial }
letter-refund-amount = Estimated refund: { $amount } yen
letter-price = Price paid: { $amount } yen
letter-fee = Fee: { $amount } yen
letter-receipt = This page tells what became of your application; it asks for the check code on your receipt.
letter-contact = Contact
letter-sender = Please do not reply; this mailbox is not monitored.
letter-mistaken = If you did not make this application, contact us at once.

letter-accepted-subject = Your application for revocation was accepted (receipt number { $number })
letter-accepted-what = We have accepted your application to revoke the certificates on an IC card.
letter-accepted-final = An accepted application can be neither corrected nor withdrawn.
letter-accepted-next = We will write again when the revocation is complete. Please keep this email and the receipt.

letter-revoked-subject = Your certificates are revoked (receipt number { $number })
letter-revoked-what = As you requested, we have revoked the certificates below. They can no longer be used.
letter-revoked-delay = It can take time until everybody sees the revocation. The online status (OCSP) says “revoked” at once, the revocation list (CRL) from its next publication on; whoever still uses an answer or a list obtained before may not see it until that one runs out.
letter-revoked-next = Please store or destroy the IC card so that nobody else comes to hold it with the certificates on it. Where the card was registered, for example for electronic bidding, please change the registration as the authorities you deal with ask.

letter-refund-subject = Your refund (receipt number { $number })
letter-refund-what = This is what we expect to refund for the revoked certificates.
letter-refund-how = The estimate is the price paid, multiplied by the share of months left of the validity, less the fee, rounded down to the nearest { $unit } yen.
letter-refund-next = The actual amount is settled after examination and transferred to the account in your application.
letter-refund-setoff = If you apply for a new certificate at the same time, the refund is set off against its price.

letter-no-refund-subject = No refund (receipt number { $number })
letter-no-refund-what = There is no refund for the revoked certificates.
letter-no-refund-why = What the remaining validity is worth, less the fee, comes to less than { $minimum } yen.
letter-no-refund-next = There is nothing you need to do. If you have questions, please get in touch with us.

letter-refund-later-subject = About your refund (receipt number { $number })
letter-refund-later-what = We are looking up the price that was paid for the revoked certificates.
letter-refund-later-next = Whether there is a refund, and how much, we will tell you after that. There is nothing you need to do.

letter-paper-received-subject = Your application on paper was received (receipt number { $number })
letter-paper-received-what = We have received your application on paper for the revocation of a certificate.
letter-paper-received-next = We are examining the form and its enclosures. You will be told of the result.
letter-paper-look-up = You can look up what became of your application with the receipt number and this check code. Please keep this letter.
letter-check-code = Check code: { $code }
letter-paper-revoked-subject = The certificate is revoked (receipt number { $number })
letter-paper-revoked-what = We have revoked the certificate named in your application on paper. It can no longer be used.
letter-paper-denied-subject = Your application on paper was not accepted (receipt number { $number })
letter-paper-denied-what = We could not accept your application on paper for the reason below. The certificate is not revoked.
letter-paper-denied-at = Decided: { $time }
letter-paper-denied-why = Reason
letter-paper-denied-next = You can apply again with the documents that are needed. If the card may be lost or stolen, call us at once.

letter-officer-at = When: { $time }
letter-officer-role = Roles: { $roles }
letter-officer-and = {", "}
letter-officer-no-role = none
letter-officer-until = To be registered until: { $time }
letter-officer-invited-subject = Invitation to the officers' desk
letter-officer-invited-what = You have been invited to the officers' desk.
letter-officer-invited-next = The administrator will hand you the address of the page and the registration code separately. Have your own IC card ready, and register in time.
letter-officer-enrolled-subject = Your card is registered
letter-officer-enrolled-what = Your IC card was registered at the officers' desk.
letter-officer-enrolled-next = From now on you log in and sign decisions with this IC card.
letter-officer-passkeys-subject = Your passkeys were changed
letter-officer-passkeys-what = A passkey of your account at the officers' desk was added or removed.
letter-officer-passkeys-next = If you did this yourself, there is nothing to do.
letter-officer-roles-subject = Your roles were changed
letter-officer-roles-what = Your roles at the officers' desk were changed.
letter-officer-roles-next = The new roles hold from your next step on.
letter-officer-blocked-subject = Your account is blocked
letter-officer-blocked-what = Your account at the officers' desk was blocked.
letter-officer-blocked-next = Pages that are still open stop working at the next step. Ask the administrator how to go on.
letter-officer-unblocked-subject = Your account works again
letter-officer-unblocked-what = Your account at the officers' desk works again.
letter-officer-unblocked-next = You can log in with the IC card that is registered. Register your passkeys anew.
