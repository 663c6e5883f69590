# 受領書と電子メールの文面。1つの文は1行に書く。

receipt-head = { $office }　{ $procedure }
receipt-accepted = 受付の内容
receipt-check-code = 確認コード
receipt-revoked-at = 失効日時
receipt-text = 署名した文面の識別値（SHA-256）
receipt-again = 再印刷　{ $time }
receipt-final = この申込は受け付けられ、電子証明書は失効しました。申込の訂正や取消はできません。
receipt-asking = この申込についてお問い合わせの際は、受付番号と確認コードをお知らせください。
receipt-estimate = 返金額は目安です。実際の額は審査の後にお知らせします。
receipt-keep = 印刷された紙はお手元に保管ください。

letter-name = { $applicant } 様
letter-office = { $office }でございます。
letter-number = 受付番号： { $number }
letter-accepted-at = 受付日時： { $time }
letter-revoked-at = 失効日時： { $time }
letter-reason = 失効理由： { $reason }
letter-issuer = 発行者： { $issuer }
letter-serial-signature = シリアル番号（署名用）： { $serial }
letter-serial-authentication = シリアル番号（認証用）： { $serial }
letter-refund-amount = 返金額の目安： { $amount }円
letter-price = ご購入時の料金： { $amount }円
letter-fee = 手数料： { $amount }円
letter-receipt = 申込状況は、次のページに受領書の確認コードを入力すると確認できます。
letter-contact = お問い合わせ先
letter-sender = このメールは送信専用です。返信をいただいてもお答えできません。
letter-mistaken = お心当たりのない場合は、すぐにお問い合わせ先へご連絡ください。

letter-accepted-subject = 失効申込受付のお知らせ（受付番号 { $number }）
letter-accepted-what = 電子証明書の失効申込を受け付けました。
letter-accepted-final = 受け付けた申込の訂正や取消はできません。
letter-accepted-next = 失効が完了しましたら、あらためてお知らせします。このメールと受領書は、お手元に保管ください。

letter-revoked-subject = 電子証明書失効完了のお知らせ（受付番号 { $number }）
letter-revoked-what = お申し込みの電子証明書を失効させました。この電子証明書は、これからはお使いになれません。
letter-revoked-delay = 失効の反映には時間がかかる場合があります。オンラインの失効確認（OCSP）はすぐに、失効リスト（CRL）は次の公開から「失効」を示しますが、先に得た応答やリストを使う相手には、その有効期限まで反映されないことがあります。
letter-revoked-next = ICカードは、電子証明書が入ったまま他人の手に渡らないように保管または破棄してください。電子入札などの利用者登録は、お取引のある行政機関等の手順に従って変更してください。

letter-refund-subject = 返金のお知らせ（受付番号 { $number }）
letter-refund-what = 失効した電子証明書の料金について、返金の見込みをお知らせします。
letter-refund-how = 返金額の目安は、ご購入時の料金に、有効期間のうち残っている月数の割合を掛け、手数料を差し引いて、{ $unit }円未満を切り捨てた額です。
letter-refund-next = 実際の額は審査の後に決まり、お申し込みのお振込み口座へお振り込みします。
letter-refund-setoff = 発行申込を同時にされる場合は、返金額を新しい電子証明書の料金に充当します。

letter-no-refund-subject = 返金なしのお知らせ（受付番号 { $number }）
letter-no-refund-what = 失効した電子証明書の料金について、返金はありませんのでお知らせします。
letter-no-refund-why = 残りの有効期間に応じた料金から手数料を差し引いた額が{ $minimum }円に満たないためです。
letter-no-refund-next = お手続きは必要ありません。ご不明の点は、お問い合わせ先へご連絡ください。

letter-refund-later-subject = 返金のお知らせ（受付番号 { $number }）
letter-refund-later-what = 失効した電子証明書の料金について、ご購入時の料金の記録を確認しています。
letter-refund-later-next = 返金の有無と額は、確認の後にあらためてお知らせします。お手続きは必要ありません。

letter-paper-received-subject = 失効申込（書面）受付のお知らせ（受付番号 { $number }）
letter-paper-received-what = 書面による電子証明書の失効申込を受け付けました。
letter-paper-received-next = 書面と添付書類を審査しています。結果は、あらためてお知らせします。
letter-paper-look-up = 申込がどうなったかは、受付番号と次の確認コードで確認できます。このお知らせは、お手元に保管ください。
letter-check-code = 確認コード： { $code }
letter-paper-revoked-subject = 電子証明書失効完了のお知らせ（受付番号 { $number }）
letter-paper-revoked-what = 書面でお申し込みの電子証明書を失効させました。この電子証明書は、これからはお使いになれません。
letter-paper-denied-subject = 失効申込（書面）不受理のお知らせ（受付番号 { $number }）
letter-paper-denied-what = 書面による電子証明書の失効申込は、次の理由によりお受けできませんでした。電子証明書は失効していません。
letter-paper-denied-at = 決定日時： { $time }
letter-paper-denied-why = 理由
letter-paper-denied-next = 必要な書類をそろえて、あらためてお申し込みいただけます。カードの紛失や盗難のおそれがある場合は、すぐにお問い合わせ先へご連絡ください。

letter-officer-at = 日時： { $time }
letter-officer-role = 権限： { $roles }
letter-officer-and = 、
letter-officer-no-role = なし
letter-officer-until = 登録の期限： { $time }
letter-officer-invited-subject = 職員登録のご案内
letter-officer-invited-what = 職員用窓口をご利用いただく職員として、あなたを招待しました。
letter-officer-invited-next = 登録の画面のアドレスと登録コードは、管理者から別にお渡しします。ご自分のICカードを用意して、期限までに登録してください。
letter-officer-enrolled-subject = カード登録完了のお知らせ
letter-officer-enrolled-what = 職員用窓口に、あなたのICカードを登録しました。
letter-officer-enrolled-next = これからは、このICカードでログインし、決定に署名します。
letter-officer-passkeys-subject = パスキー変更のお知らせ
letter-officer-passkeys-what = 職員用窓口の、あなたのパスキーが追加または削除されました。
letter-officer-passkeys-next = ご自分で変更されたのであれば、お手続きは必要ありません。
letter-officer-roles-subject = 権限変更のお知らせ
letter-officer-roles-what = 職員用窓口での、あなたの権限が変わりました。
letter-officer-roles-next = 新しい権限は、次の操作から有効です。
letter-officer-blocked-subject = 利用停止のお知らせ
letter-officer-blocked-what = 職員用窓口での、あなたの利用を停止しました。
letter-officer-blocked-next = ログイン中の画面も、次の操作から使えません。再開については、管理者にお尋ねください。
letter-officer-unblocked-subject = 利用再開のお知らせ
letter-officer-unblocked-what = 職員用窓口での、あなたの利用を再開しました。
letter-officer-unblocked-next = 登録済みのICカードでログインできます。パスキーは、もう一度登録してください。
