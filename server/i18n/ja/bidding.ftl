# 発注機関の画面の文面。

bidder-menu-title = 利用者登録メニュー
bidder-menu-lead = 手続きを選んでください。ICカードとICカードリーダーをご用意ください。
bidder-online = 利用者登録
bidder-register = 登録
bidder-register-text = はじめて利用する方、2枚目以降のICカードを登録する方。入札参加資格の登録番号と、登録用パスワードまたは郵送の確認コードが必要です。
bidder-register-lost = お使いのICカードの有効期限が過ぎた方、ICカードを紛失した方、閉塞（ロック）または失効した方も、新しいICカードで「登録」してください。ICカード利用部署の情報と連絡先の入力が必要です。
bidder-change = 変更
bidder-change-text = 登録した利用部署、担当者、連絡先、メールアドレスを変更する方。登録済みのICカードでログインします。
bidder-renew = ICカード更新
bidder-renew-text = 有効期限間近のICカードの利用者登録情報を、新しいICカードへ継続する方。現在使用しているICカードと新しいICカードの両方が必要です。
bidder-renew-limits = ICカード更新を行うと、旧ICカードは使用できなくなります。ICカードの有効期限を過ぎてしまった場合、またはICカードの紛失、閉塞の場合は使用できません。「登録」から手続きしてください。
bidder-other = 確認と案内
bidder-receipt-text = 控えの受付番号と確認コードで、申請がどうなったかを見ます。
bidder-status-text = このブラウザで途中の手続きを続ける、またはやめます。
bidder-guide = ご利用にあたって
bidder-links = 関連するサイト
bidder-link-contact = お問い合わせ
bidder-link-information = 入札情報サービス
bidder-link-bidding = 電子入札システム
bidder-system = 電子入札システム
bidder-who = ログイン中
bidder-card = ICカード …{ $serial }（{ $date } まで）
bidder-log-in = ログイン
bidder-log-out = ログアウト
bidder-account = 利用者情報
bidder-out-text = ログインしていません。「変更」と利用者情報の確認には、登録済みのICカードでのログインが必要です。
bidder-in-text = { $company } としてログインしています。
bidder-card-watched = ICカードをリーダーから抜くと、ログアウトします。

# ログイン
bidder-login-title = ログイン
bidder-login-lead = 登録済みのICカードでログインします。暗証番号（PIN）の入力は、このパソコンの署名アプリで行います。暗証番号がこのサイトへ送られることはありません。
bidder-login-insert = ICカードは、表面を上向きにし、ICチップがリーダーの奥に入るように挿入してください。
bidder-login-card = ICカードでログイン
bidder-login-not = まだ登録していない方、ICカードの有効期限が過ぎた方、紛失した方、閉塞した方は「登録」から手続きしてください。
bidder-login-late = 一定時間操作がなかったため、ログアウトしました。もう一度ログインしてください。
bidder-login-cancelled = 署名アプリでの操作をやめました。ログインしていません。
bidder-login-first = この画面を使うには、登録済みのICカードでのログインが必要です。
bidder-request-title = 電子入札へのログイン
bidder-request-present = 現在使用しているICカードを、表面を上向きにし、ICチップがリーダーの奥に入るように挿入してください。
bidder-request-authenticate = 登録した会社のICカードであることを確認するため、暗証番号を入力してください。ログインだけを行い、まだ何も申請されません。

# ログインの終わり
bidder-ended-title = ログアウトしました
bidder-ended-out = ログアウトしました。ICカードをリーダーから抜いてください。署名アプリに残っている暗証番号は、ICカードを抜くと消去されます。
bidder-ended-card = ICカードがリーダーから抜かれたため、ログアウトしました。確定していない操作は行われていません。
bidder-ended-silent = 署名アプリからICカードの状態を確認できなくなったため、ログアウトしました。確定していない操作は行われていません。
bidder-ended-quit = 手続きを終了しました。
bidder-ended-done = 手続きが完了し、ログアウトしました。
bidder-ended-advice = 共用のパソコンをお使いの場合は、ICカードを抜き、すべてのブラウザを終了してください。
bidder-ended-again = 電子入札システムへログインする際は、すべてのブラウザを一度終了させた後に、再度ブラウザを起動し、電子入札システムへアクセスしてください。

# 利用者情報
bidder-account-title = 利用者情報
bidder-account-lead = 登録されている内容です。
bidder-account-company = 入札参加資格者名簿の登録
bidder-account-contact = 利用部署と連絡先
bidder-account-card = 現在使用しているICカード
bidder-account-open = 手続き中の申請
bidder-account-change = 登録内容を変更する
bidder-account-renew = ICカードを更新する
bidder-account-soon = ICカードの有効期限（{ $date }）が近づいています。
bidder-account-soon-next = 新しいICカードを取得し、有効期限までに「ICカード更新」を行ってください。期限を過ぎると更新できず、新規の「登録」が必要です。
bidder-number = 登録番号
bidder-company = 企業名称
bidder-company-review = 商号又は名称
bidder-address = 企業住所
bidder-address-review = 所在地
bidder-representative = 代表者氏名
bidder-delegate = 受任者氏名
bidder-corporate-number = 法人番号
bidder-valid = 資格の登録有効期間
bidder-card-company = ICカード企業名称
bidder-card-company-review = ICカード商号又は名称
bidder-card-address = ICカード企業住所
bidder-card-address-review = ICカード取得者業者所在地
bidder-card-holder = ICカード取得者氏名
bidder-card-holder-address = ICカード取得者住所
bidder-card-serial = 証明書シリアル番号
bidder-card-issuer = 証明書発行者
bidder-card-until = 証明書有効期限
bidder-card-number = 法人番号（ICカード）
bidder-since = 登録日時

# 発注機関で出る誤りの、することの文面
bidder-next-expired = 新しいICカードで「登録」から新規に利用者登録を行ってください。
bidder-next-not-yet = 有効期間が始まってからお手続きください。
bidder-next-unknown = しばらくしてからやり直してください。確認できなかったことは記録されず、登録の内容は変わっていません。
bidder-next-revoked = 新しいICカードで「登録」から新規に利用者登録を行ってください。
bidder-next-new-card = 有効な新しいICカードを挿入してください。お持ちでない場合は、ICカードを発行した認証局へお問い合わせください。現在のICカードはこれまでどおり使用できます。
bidder-next-issuer = 電子入札に対応した認証局のICカードを挿入してください。対応認証局は窓口にご確認ください。
bidder-next-chain = 電子入札用のICカードが挿入されているか確認してください。解決しない場合は、カードを発行した認証局へお問い合わせください。
bidder-next-stale = 「申込状況の確認」から続けるか、利用者登録メニューからやり直してください。
bidder-next-timeout = 利用者登録メニューからやり直してください。
bidder-next-signature = 内容の確認からやり直してください。
bidder-next-type = 電子入札用のICカードを挿入してください。

# 登録・変更の段階
registration-step-1 = カード
registration-step-2 = 会社の確認
registration-step-3 = 入力
registration-step-4 = 内容確認
registration-step-5 = 完了

# 登録のはじめ
registration-title = 利用者登録
registration-title-change = 利用者登録の変更
registration-start-lead = ICカードを登録し、電子入札システムを利用できるようにします。
registration-start-who = 次のいずれかの方は、この「登録」を行ってください。
registration-start-first = はじめて利用する方
registration-start-another = 会社の2枚目以降のICカードを登録する方（1枚のICカードにつき1つの登録です）
registration-start-expired = 登録済みのICカードの有効期限が過ぎた方、または失効した方
registration-start-lost = 登録済みのICカードを紛失した方、または閉塞（ロック）した方
registration-start-renew = 有効期限内のICカードから新しいICカードへ替える方は「ICカード更新」をご利用ください。登録の内容が引き継がれます。
registration-start-need = ご用意いただくもの
registration-start-need-card = 登録するICカードと、その暗証番号（PIN）
registration-start-need-number = 入札参加資格者名簿の登録番号
registration-start-need-secret = 登録用パスワード、または窓口から郵送した確認コード
registration-start-unfinished = この画面で始めた手続きが途中です。「ICカードを確認する」を押すと、途中の手続きはやめることになります。続けるときはこちら：
registration-start-go = ICカードを確認する
registration-card-title = 署名アプリを開きます
registration-card-lead = 登録するICカードの確認と暗証番号（PIN）の入力は、このパソコンの署名アプリで行います。暗証番号がこのサイトへ送られることはありません。
registration-card-sign-title = 署名アプリで署名します
registration-card-sign-lead = 確認した内容に、ICカードで署名します。署名アプリに、署名する文面がそのまま表示されます。
registration-request-title = 電子入札の利用者登録
registration-request-present = 登録するICカードを、表面を上向きにし、ICチップがリーダーの奥に入るように挿入してください。
registration-request-authenticate = このICカードをお持ちであることを確認するため、暗証番号を入力してください。まだ何も登録されません。
registration-request-sign = この内容に署名して送信すると、利用者登録を申請します。

# 変更のはじめ
registration-change-lead = 現在登録されている内容です。変更には、ログインに使用したICカードの署名が必要です。
registration-change-go = 変更する
registration-change-back = 利用者情報へ戻る
registration-change-company = 商号、所在地、代表者など名簿の内容は、この画面では変更できません。変更届を窓口へ提出してください。

# 会社の確認
registration-prove-title = 会社の確認
registration-prove-lead = 入札参加資格者名簿に登録されている会社であることを確認します。
registration-prove-number = 登録番号
registration-prove-number-help = 入札参加資格の通知に記載の番号です。全角でも半角でも入力できます。
registration-prove-kind = 確認の方法
registration-prove-password = 登録用パスワード
registration-prove-code = 郵送した確認コード
registration-prove-secret = 登録用パスワードまたは確認コード
registration-prove-secret-help = 入力した文字は表示されません。間違いが続くと、しばらく入力できなくなります。
registration-prove-go = 次へ
registration-prove-lost = 登録用パスワードも確認コードもお持ちでないときは、窓口へご連絡ください。確認コードを、名簿に登録された住所へ郵送します。
registration-prove-wrong = 登録番号と、登録用パスワードまたは確認コードの組み合わせを確認できません。
registration-prove-wrong-next = 通知と書面をご確認のうえ、もう一度入力してください。確認コードには使用期限があります。
registration-prove-late = 間違いが続いたため、{ $time }まで入力できません。
registration-prove-late-next = 時間をおいて、もう一度お試しください。お急ぎの場合は窓口へご連絡ください。

# 入力
registration-form-title = 利用部署と連絡先の入力
registration-form-lead = このICカードを利用する部署と、連絡先を入力してください。
registration-form-next = 入力内容を確認する
registration-form-quit = やめる
registration-form-company = 登録する会社
registration-field-department = 部署名
registration-field-name = 連絡先氏名
registration-field-phone = 連絡先電話番号
registration-field-fax = 連絡先FAX番号
registration-field-mail = 連絡先メールアドレス
registration-field-mail-again = 連絡先メールアドレス（確認）
registration-help-department = このICカードを利用する部署です。40文字以内。半角の文字は全角に変換して登録します。
registration-help-name = 40文字以内。半角の文字は全角に変換して登録します。
registration-help-phone = 数字10～11桁、「-」なし。全角の数字は半角に変換して登録します。
registration-help-fax = 数字10～11桁、「-」なし。全角の数字は半角に変換して登録します。
registration-help-mail = 手続きの結果をお知らせします。
registration-help-mail-again = 確認のため、もう一度入力してください。

# 内容確認
registration-confirm-title = 登録内容の確認
registration-confirm-lead = 内容をご確認のうえ、よろしければ署名へ進んでください。
registration-confirm-item = 項目
registration-confirm-register = 名簿の登録
registration-confirm-card = ICカード
registration-confirm-person = 代表者（受任者）氏名とICカード取得者氏名
registration-confirm-compare = 名簿とICカード
registration-confirm-same = 一致
registration-confirm-variant = 字体の違い
registration-confirm-differs = 相違
registration-confirm-not-comparable = 比較できません
registration-confirm-held = 名簿の情報と一致しない項目があるため、申請すると保留され、審査を行います。結果は電子メールでお知らせします。
registration-confirm-entered = 入力した内容
registration-confirm-before = 変更前
registration-confirm-after = 変更後
registration-confirm-check = 登録するICカードのICカード企業名称が、御社の企業名称であることを確認してください。
registration-confirm-text = 署名する文面
registration-confirm-text-note = ICカードは、次の文面そのものに署名します。
registration-confirm-go = この内容で署名する
registration-confirm-again = 署名へ進む
registration-confirm-edit = 修正する
registration-confirm-fixed = この内容は署名を待っています。修正すると、署名の依頼は取り消されます。
registration-confirm-lapsed = 署名の期限が過ぎたため、この内容では署名できません。続けるときは「修正する」を押し、内容をもう一度確認してください。まだ登録されていません。

# 結果
registration-done-title = 利用者登録が完了しました
registration-done-title-change = 利用者登録を変更しました
registration-done-title-held = 利用者登録の申請を受け付けました
registration-done-title-returned = 利用者登録の申請が差し戻されています
registration-done-title-denied = 利用者登録の申請は否認されました
registration-done-title-withdrawn = 利用者登録の申請を取り下げました
registration-done-title-lapsed = 利用者登録の申請は期限切れになりました
registration-done-lead = このICカードで電子入札システムへログインできます。
registration-done-lead-change = 変更した内容は、今から有効です。
registration-done-lead-held = 名簿の情報と一致しない項目があるため、審査を行います。結果は電子メールでお知らせします。承認されるまで、このICカードではログインできません。
registration-done-lead-held-change = 名簿の情報と一致しない項目があるため、審査を行います。結果は電子メールでお知らせします。承認されるまで、登録の内容は変わりません。現在のICカードはこれまでどおり使用できます。
registration-done-lead-returned = 審査の窓口から確認があります。理由を確認し、修正して署名し直すか、回答してください。承認されるまで、このICカードではログインできません。
registration-done-lead-returned-change = 審査の窓口から確認があります。理由を確認し、修正して署名し直すか、回答してください。登録の内容は変わっていません。現在のICカードはこれまでどおり使用できます。
registration-done-lead-denied = このICカードは登録されていません。理由をご確認のうえ、あらためて「登録」から申請することができます。
registration-done-lead-denied-change = 登録の内容は変わっていません。現在のICカードはこれまでどおり使用できます。理由をご確認のうえ、あらためて申請することができます。
registration-done-lead-withdrawn = 何も登録されていません。あらためて「登録」から申請することができます。
registration-done-lead-withdrawn-change = 登録の内容は変わっていません。現在のICカードはこれまでどおり使用できます。
registration-done-lead-lapsed = 期限までに回答がなかったため、申請は終了しました。このICカードは登録されていません。
registration-done-lead-lapsed-change = 期限までに回答がなかったため、申請は終了しました。登録の内容は変わっていません。現在のICカードはこれまでどおり使用できます。
registration-done-number = 受付番号
registration-done-at = 受付日時
registration-done-mail = 結果を、{ $mail } へお知らせします。
registration-done-keep = この画面を印刷し、お手元に保管してください。
registration-done-print = 印刷する
registration-done-quit = 閉じる
registration-print-title = 利用者登録の内容
registration-print-applicant = 会社
bidder-pdf = 受領書（PDF）
bidder-pdf-next = 印刷画面（「印刷」ボタン）では、この文字もそのまま印刷できます。

# 途中の手続き
registration-status-none = この画面で行っている手続きはありません。
registration-status-none-text = 手続きをするときは、利用者登録メニューから選んでください。
registration-status-proving = 会社の確認を待っています。まだ登録されていません。
registration-status-entering = 入力中です。まだ登録されていません。
registration-status-reviewing = 内容の確認中です。まだ登録されていません。
registration-status-asked = 署名を待っています。まだ登録されていません。
registration-status-lapsed = 署名の期限が過ぎました。まだ登録されていません。
registration-status-signed = 署名済み・未申込
registration-status-signed-text = 署名は済みましたが、申請はまだ行われていません。続けるか、やめるかを選んでください。{ $time } を過ぎると、署名は無効になります。
registration-status-done = 受け付けました。
registration-status-done-go = 受付の内容を見る
registration-status-go = 続ける
registration-status-stop = やめる

# 保留された申請
registration-case-title = 利用者登録の申請
registration-case-name = 利用者登録の申請
registration-withdraw-note = 取り下げると、この申請では登録も変更もされません。登録済みの内容はそのまま残り、あらためて申請することができます。
registration-prove-denied = このICカードでの前回の申請（受付番号 { $number }）は否認されました。
bidder-case-held = 審査を待っています。結果は電子メールでお知らせします。
bidder-case-claimed = 審査中です。結果は電子メールでお知らせします。
bidder-case-returned = 差し戻されています。内容をご確認のうえ、回答してください。
bidder-case-done = 承認されました。
bidder-case-denied = 否認されました。理由をご確認ください。
bidder-case-withdrawn = 取り下げました。
bidder-case-lapsed = 期限までに回答がなかったため、期限切れになりました。
bidder-case-reason = 差戻しの理由
bidder-case-reason-denied = 否認の理由
bidder-case-until = { $time } までに回答してください。回答がないときは、申請は期限切れとなります。
bidder-case-correct-title = 修正して署名し直す
bidder-case-correct-text = 入力した内容を修正し、同じICカードで署名し直します。署名し直すまで、先に署名した内容は変わりません。
bidder-case-correct-go = 内容を修正する
bidder-case-answer-title = 内容を変えずに回答する
bidder-case-answer = 差戻しへの回答
bidder-case-answer-help = 400文字以内。名簿の変更届を提出したときは、その旨を記入してください。
bidder-case-answer-go = 回答する
bidder-case-card = 申請のICカード
bidder-case-withdraw = 申請を取り下げる
bidder-case-note-open = { $what }（受付番号 { $number }）を審査しています。
bidder-case-note-returned = { $what }（受付番号 { $number }）が差し戻されています。
bidder-case-note-denied = { $what }（受付番号 { $number }）は否認されました。
bidder-case-note-lapsed = { $what }（受付番号 { $number }）は、回答がなかったため期限切れになりました。
bidder-case-go = 申請の状況を見る
bidder-withdraw-title = 申請の取下げ
bidder-withdraw-lead = この申請を取り下げますか。
bidder-withdraw-go = 取り下げる
bidder-withdraw-back = 取り下げない
