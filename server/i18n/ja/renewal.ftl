# ICカード更新の画面の文面。

# 段階
renewal-step-1 = 確認事項
renewal-step-2 = 新旧カード
renewal-step-3 = 内容確認
renewal-step-4 = 署名
renewal-step-5 = 完了

# はじめ
renewal-title = ICカード更新
renewal-start-lead = 有効期限間近のICカードの利用者登録情報を、新しいICカードへ継続します。
renewal-start-old = ICカード更新を行うと、旧ICカードは使用できなくなります。
renewal-start-held = 新しいICカードの情報が名簿の情報と一致しない場合は、更新が保留され、審査を行います。審査が終わるまでは、現在のICカードを使用できます。
renewal-start-until = 現在のICカードの有効期限は { $date } です。
renewal-start-need = ご用意いただくもの
renewal-start-need-old = 現在使用しているICカード（登録済みで、有効期限内のもの）
renewal-start-need-new = 新しく取得したICカード（まだ登録していないもの）
renewal-start-need-pin = 新しいICカードの暗証番号（PIN）。ログイン後にICカードを抜いたときなどは、現在使用しているICカードの暗証番号も必要です。
renewal-start-need-pins = 両方のICカードの暗証番号（PIN）
renewal-start-pin = PIN番号とは、ICカード購入時に認証局から渡されるパスワードです。暗証番号がこのサイトへ送られることはありません。
renewal-start-not = この手続きを使用できない場合
renewal-start-lost = ICカードの有効期限を過ぎてしまった場合、またはICカードの紛失、閉塞、失効の場合は、この手続きは使用できません。新しいICカードで新規に利用者登録を行ってください。
renewal-start-unfinished = この画面で始めた手続きが途中です。「ICカード更新を始める」を押すと、途中の手続きはやめることになります。続けるときはこちら：
renewal-start-go = ICカード更新を始める
renewal-start-nothing = 確認画面で「更新」を押して署名するまでは、何も変わりません。
renewal-elsewhere = ほかの発注機関での登録
renewal-elsewhere-text = 現在のICカードは、次の発注機関にも登録されています。更新は発注機関ごとに行ってください。この更新で、次の登録は変わりません。

renewal-bids = 開札を待っている入札
renewal-bids-text = 現在のICカード、または御社の入札として、電子入札システムから知らされている入札です。更新後の入札の扱いは、各発注機関にご確認ください。
renewal-bids-opens = 開札日 { $date }
renewal-bids-late = 現在のカードの有効期限後

# 署名アプリへの受け渡し
renewal-card-title = 新旧のICカードを確認します
renewal-card-lead = 2枚のICカードの確認と暗証番号（PIN）の入力は、このパソコンの署名アプリで行います。暗証番号がこのサイトへ送られることはありません。
renewal-card-says = 現在使用しているICカードを確認した後、新しいICカードに差し替えます。リーダーが2台ある場合は、2枚とも挿入しておくことができます。
renewal-card-says-review = 現在使用しているICカードの暗証番号を入力した後、新しいICカードに差し替え、新しいICカードの暗証番号を入力します。リーダーが2台ある場合は、2枚とも挿入しておくことができます。
renewal-card-back = 戻る
renewal-card-sign-title = 署名アプリで署名します
renewal-card-sign-lead = 確認した内容に、新しいICカードで署名します。署名アプリに、署名する文面がそのまま表示されます。
renewal-card-sign-says = 新しいICカードを、リーダーに挿入したままにしてください。署名が済むまで、更新は行われません。
renewal-card-sign-back = 内容の確認へ戻る
renewal-request-title = ICカード更新
renewal-request-old = 現在使用している IC カードが IC カードリーダーに正しく挿入されていることを確認して「OK」ボタンをクリックしてください。
renewal-request-new = 新しい IC カードが IC カードリーダーに正しく挿入されていることを確認して「OK」ボタンをクリックしてください。
renewal-request-sign-old = 現在使用しているICカードをお持ちであることを確認します。「更新」を押すまでは、何も変わりません。
renewal-request-sign-new = 新しいICカードをお持ちであることを確認します。「更新」を押すまでは、何も変わりません。担当者欄には何も入力する必要はありません。
renewal-request-sign = この内容に署名して送信すると、ICカードの更新を申し込みます。

# 電子証明書更新確認
renewal-confirm-title = 電子証明書更新確認
renewal-confirm-current = 現在の利用者登録処理
renewal-old = 現在使用しているICカード
renewal-new = 新規に使用するICカード
renewal-person = 担当者
renewal-confirm-differs = 相違
renewal-confirm-warnings = ご確認ください
renewal-confirm-compare = 名簿と新しいICカード
renewal-confirm-held = 名簿の情報と一致しない項目があるため、「更新」を押して署名すると、更新は保留され、審査を行います。結果は電子メールでお知らせします。審査が終わるまでは、現在のICカードを使用できます。
renewal-confirm-check = 新規に使用するICカードの企業名称とICカード企業名称が御社の企業名称であることを確認してください。
renewal-confirm-check-review = 新規に使用するICカードの取得者商号又は名称とICカード取得者商号又は名称が御社の商号又は名称であることを確認してください。
renewal-confirm-blank = （記載なし）
renewal-confirm-go-text = この内容でよろしければ更新ボタンを押してください
renewal-confirm-go = 更新
renewal-confirm-older = 新しいICカードの有効期限が現在のカードより前であることを確認しました
renewal-confirm-untick = 新しいICカードの有効期限についての確認にチェックを入れてから、「更新」を押してください。
renewal-confirm-back = 戻る
renewal-confirm-back-text = 更新を行わない時は、戻るボタンをクリックした後、ICカードの更新をやり直してください。
renewal-confirm-edit = 署名をやめて確認に戻る
renewal-confirm-fixed = この内容は署名を待っています。まだ更新されていません。
renewal-confirm-lapsed = 署名の期限が過ぎたため、この内容では署名できません。続けるときは「署名をやめて確認に戻る」を押し、内容をもう一度確認してください。まだ更新されていません。

# 結果
renewal-done-title-renewed = 電子証明書更新結果
renewal-done-title-renewed-review = 更新完了
renewal-done-title-held = ICカード更新の申請を受け付けました（審査中）
renewal-done-title-returned = ICカード更新の申請が差し戻されています
renewal-done-title-denied = ICカード更新の申請は否認されました
renewal-done-title-withdrawn = ICカード更新の申請を取り下げました
renewal-done-title-lapsed = ICカード更新の申請は期限切れになりました
renewal-done-lead-renewed = これで IC カードの更新が終了しました。閉じるボタンをクリックして処理を終了させてください。
renewal-done-lead-renewed-review = ICカードの更新が完了しました。閉じるボタンをクリックして、一度終了してください。
renewal-done-lead-held = まだ何も変わっていません。現在のICカードはこれまでどおり使用でき、新しいICカードは承認されるまで使用できません。
renewal-done-lead-returned = 審査の窓口から確認があります。現在のICカードでログインし、内容を確認してください。
renewal-done-lead-denied = 現在のICカードはこれまでどおり使用できます。新しいICカードではログインできません。
renewal-done-lead-withdrawn = 何も変わっていません。現在のICカードはこれまでどおり使用できます。
renewal-done-lead-lapsed = 期限までに回答がなかったため、申請は終了しました。現在のICカードはこれまでどおり使用できます。
renewal-done-at = 更新日時
renewal-done-usable = 審査が終わるまで使用できる現在のICカードの有効期限は { $date } です。
renewal-done-old = 更新済(使用不可)。このICカードではログインできません。
renewal-done-print = 印刷
renewal-done-quit = 閉じる
renewal-print-title = 電子証明書の更新内容
renewal-print-hidden = （個人情報のため印刷していません）

# 途中の手続き
renewal-status-confirming = 内容の確認中です。まだ更新されていません。
renewal-status-asked = 署名を待っています。まだ更新されていません。
renewal-status-lapsed = 署名の期限が過ぎました。まだ更新されていません。

# 審査中の申請
renewal-case-title = ICカード更新の申請
renewal-case-name = ICカード更新の申請
renewal-case-again = 理由をご確認のうえ、あらためてICカード更新を行うことができます。
renewal-withdraw-note = 取り下げると、この申請では更新できません。現在のICカードはこれまでどおり使用でき、あらためてICカード更新を行うことができます。
