# 画面の文面。

house = 鍵守
skip = 本文へ移動
language-other = English
clock-label = 現在の時刻（日本時間）
clock = { $year }年{ $month }月{ $day }日 { $hour }時{ $minute }分
date = { $year }年{ $month }月{ $day }日({ $weekday })
date-time = { $year }年{ $month }月{ $day }日({ $weekday }) { $hour }:{ $minute }
date-time-second = { $year }年{ $month }月{ $day }日({ $weekday }) { $hour }:{ $minute }:{ $second }
weekday-0 = 日
weekday-1 = 月
weekday-2 = 火
weekday-3 = 水
weekday-4 = 木
weekday-5 = 金
weekday-6 = 土
month-1 = 1月
month-2 = 2月
month-3 = 3月
month-4 = 4月
month-5 = 5月
month-6 = 6月
month-7 = 7月
month-8 = 8月
month-9 = 9月
month-10 = 10月
month-11 = 11月
month-12 = 12月
yen = { $amount }円
to-menu = メニューへ
to-offices = 窓口の一覧へ
close-window = 閉じる
close-window-help = このウィンドウを閉じると、元の画面に戻ります。
print-page = 印刷する
print-browser = ブラウザの印刷機能で印刷してください。
new-window = （新しいウィンドウで開きます）
required = 必須
optional = 任意
conditional = 理由により必須
code = （{ $code }）
steps-label = 手続きの段階
step-done = 済み：
contact-heading = お問い合わせ先
busy = 処理しています。このまましばらくお待ちください。
busy-long = 時間がかかっています。通信の状態をご確認ください。送った内容は届いていることがあります。
busy-back = 画面に戻る
idle-heading = まもなく終了します
idle-text = 操作がないため、あと少しで終了します。続ける場合は「続ける」を押してください。入力した内容は残ります。
idle-continue = 続ける
errors-heading = 入力内容をご確認ください
back-button-note = ブラウザの戻るボタンは使用しないでください。

# 窓口の一覧と窓口の画面
offices-title = 窓口の一覧
offices-lead = 手続きをする窓口を選んでください。
office-title = メニュー
office-lead = 手続きを選んでください。
office-online = インターネットでの手続き
office-paper = 書面での手続き
tile-revocation = 失効申込
tile-revocation-text = お手元のICカードの電子証明書を失効させます。
tile-status = 申込状況の確認
tile-status-text = 途中の申込を続ける、またはこのブラウザで申し込んだ内容を見ます。
tile-receipt = 受付番号で確認
tile-receipt-text = 控えの受付番号と確認コードで、申込がどうなったかを見ます。
tile-paper = 書面による失効申込手続き
tile-paper-text = カードを紛失した方、暗証番号が分からない方、期限を過ぎた方。

# 段階
step-1 = 確認
step-2 = カード
step-3 = 入力
step-4 = 内容確認
step-5 = 完了

# S1
start-title = ICカードの失効申込
start-lead = お手元のICカードの電子証明書を、インターネットで失効させます。
start-limit = 受付は、有効期間が満了する日の{ $days }日前の23:59（日本時間）までです。ICカードごとの期限は、カードを確認した後に表示します。
start-warning-heading = 先に、お取引のある行政機関等へご相談ください
start-warning = 申込を受け付けると、ICカードはすみやかに失効します。電子入札など取引が長期にわたる場合、途中で失効すると応札が無効になることがあり、すぐに失効させてはならないケースもあります。
start-warning-final = 「失効申込をする(確定)」の後は、申込の訂正や取消はできません。失効した電子証明書は元に戻せません。
start-must = 次の2つをご確認ください
start-done = 済
start-open = 未確認
start-flow = 手続きの流れ
start-flow-open = 手続きの流れを確認
start-terms = 利用規約
start-terms-open = 利用規約を確認
start-print-terms = 利用規約は印刷し、お手元に保管してください。
start-agree = 同意して次へ
start-quit = 終了
start-gate = 手続きの流れと利用規約の両方を確認すると、次へ進めます。
start-gate-done = 両方の確認が済みました。次へ進めます。
start-paper = カードを紛失・破損した方、暗証番号が分からない方、期限を過ぎた方は、次の手続きをご利用ください。
start-paper-link = 書面による失効申込手続き
start-insert = ICカードは、表面を上向きにし、ICチップがリーダーの奥に入るように挿入してください。

# W1・W2・書面
document-hash = この版の識別値（SHA-256）
document-keep = 印刷された紙はお手元に保管ください。
document-flow = 手続きの流れ
document-terms = 利用規約
document-paper = 書面による失効申込手続き

# S2
card-title = 署名アプリを開きます
card-title-sign = 署名アプリで署名します
card-lead = ICカードの確認と暗証番号（PIN）の入力は、このパソコンの署名アプリで行います。暗証番号がこのサイトへ送られることはありません。
card-lead-sign = 確認した内容に、ICカードで署名します。署名アプリに、署名する文面がそのまま表示されます。署名が済むと申込が確定し、訂正も取消もできません。
card-keep = ICカードはリーダーに挿入したままにしてください。
card-open = 署名アプリを開く
card-back = 戻る
card-back-sign = 内容確認へ戻る
card-until = この依頼は{ $time }まで有効です。
card-help-heading = 何も開かないときは
card-help-start = 署名アプリが起動しているか確認してください。デスクトップの「鍵守 署名アプリ」から起動できます。
card-help-back = ブラウザに「接続できません」と表示されたときは、ブラウザの「戻る」でこの画面に戻り、署名アプリを起動してから、もう一度「署名アプリを開く」を押してください。入力した内容は失われません。
card-help-install = まだ入っていないときは、ICカードに添えられた案内に従ってインストールしてください。
card-help-doctor = それでも開かないときは、署名アプリの「診断」（コマンド kagimori-agent doctor）で原因を確認できます。
card-help-link = 署名アプリを直接起動する

# カードの依頼で署名アプリに示す文
request-title = ICカードの失効申込
request-present = 失効したいICカードを、表面を上向きにし、ICチップがリーダーの奥に入るように挿入してください。
request-authenticate = このICカードの名義人であることを確認するため、暗証番号を入力してください。まだ何も申し込まれません。
request-sign = この内容に署名して送信すると、失効申込が確定します。訂正も取消もできません。

# S3
certificate-title = ICカード内容の確認
certificate-lead = 失効したいICカードと相違ないか確認してください。
certificate-deadline = インターネット失効申込の受付期限: { $time }
certificate-holder = 利用者氏名（漢字）
certificate-holder-romaji = 利用者氏名（ローマ字）
certificate-home = 自宅住所（ローマ字）
certificate-organisation = 商号・名称（漢字）
certificate-organisation-romaji = 商号・名称（ローマ字）
certificate-office-address = 本店住所（漢字）
certificate-corporate-number = 法人番号
certificate-serial-signature = シリアル番号（署名用）
certificate-serial-authentication = シリアル番号（認証用）
certificate-serial-before = { $serial }（{ $time } に失効済み）
certificate-issuer = 発行者
certificate-validity = 有効期間
certificate-validity-text = { $from } から { $to } まで
certificate-next = 失効申込情報入力へ
certificate-back = 戻る
certificate-caption = ICカードの内容
certificates-both = ICカードに入っている認証用と署名用の電子証明書は、両方とも失効します。
certificates-both-revoked = ICカードに入っている認証用と署名用の電子証明書は、両方とも失効しました。
certificate-warning = 続ける前に、お取引のある行政機関等へ失効の時期をご相談ください。

# S4
application-title = 失効申込情報入力
application-lead = 失効申込に必要な情報を入力してください。
application-example = 記入例を表示
application-next = 失効申込内容確認へ
application-back = ICカード内容の確認へ戻る
application-about = 申込について
application-applicant = 申込者
application-account = 返金がある場合のお振込み口座
application-account-help = 返金が生じることがあるため、必ずおたずねしています。
application-choose = 選んでください
application-paper-only = （書面のみ）
application-quit = 終了
field-reason = 失効理由
field-reason-detail = 失効理由の補足
field-event-date = 事由発生日
field-applicant-name = 申込者氏名
field-applicant-kana = 申込者氏名（フリガナ）
field-phone = 連絡先電話番号
field-mail = メールアドレス
field-mail-again = メールアドレス（確認）
field-bank = 金融機関名
field-branch = 支店名
field-account-type = 預金種目
field-account-number = 口座番号
field-account-holder = 口座名義（カナ）
field-new-issue = 発行申込の同時申込
help-reason = 住所が変わった方は「電子証明書記載事項の変更」、名義人が交代した方は「利用者の使用停止」を選んでください。
help-reason-detail = 200文字以内
help-event-date = 秘密鍵の危殆化、記載事項の変更、企業等に属さなくなった場合は必須です。
help-applicant-name = 電子証明書の氏名です。変更できません。
help-applicant-kana = 全角カナ、60文字以内。姓と名の間は全角の空白。
help-phone = 半角数字10～11桁、「-」なし
help-mail = 受付と失効の完了をお知らせします。
help-mail-again = 確認のため、もう一度入力してください。
help-bank = 全角、40文字以内
help-branch = 全角、40文字以内
help-account-number = 半角数字7桁。7桁に満たない場合は前に0を補います。
help-account-holder = 通帳に記載のカナ名義。全角でも半角でも入力できます。半角カナに変換して登録します。
kana-account-holder = { $field }にカナ以外の文字があります。
kana-account-holder-next = カナ（全角または半角）で入力してください。
card-character-next = 受領書に印刷できないため、インターネットではお申し込みいただけません。書面による失効申込手続きをご利用ください。
help-new-issue = 「はい」の場合、返金額を新しい電子証明書の料金に充当します。
reason-key_compromise = 秘密鍵の危殆化またはそのおそれ
reason-content_changed = 電子証明書記載事項の変更（氏名・自宅住所ローマ字・商号・本店住所・法人番号）
reason-left_organisation = 利用者が当該企業等に属さないこととなった
reason-use_stopped = 利用者の使用停止（名義人の変更・人事異動）
reason-bankruptcy = 企業等の倒産等
reason-lost = ICカードまたはPINの紛失・盗難
reason-damaged = ICカードの破損（まだ読み取れるもの）
reason-death = 利用者の死亡
account-ordinary = 普通
account-current = 当座
issue-yes = はい
issue-no = いいえ
not-entered = （入力なし）
paper-route = 書面による失効申込手続きへ

# 記入例
example-title = 記入例
example-lead = 失効申込情報の記入例です。実際の内容に合わせて入力してください。
example-value-detail = 4月1日付の人事異動により、名義人が交代しました。
example-value-name = 日本　太郎
example-value-kana = ニッポン　タロウ
example-value-bank = みずほ銀行
example-value-branch = 本店
example-value-holder = ﾆﾂﾎﾟﾝﾀﾛｳ

# S5
confirm-title = 失効申込内容の確認
confirm-lead = 失効申込内容に誤りがないことを確認してください。
confirm-warning-heading = 確定した後は、取り消せません
confirm-warning = 「失効申込をする(確定)」の後、署名アプリで署名すると、申込データが送信され、電子証明書はすみやかに失効します。訂正も取消もできません。
confirm-application = 申込の内容
confirm-refund = 返金額の目安
confirm-refund-estimate = { $amount }円
confirm-refund-none = 返金はありません（手数料を差し引いた額が{ $minimum }円に満たないため）
confirm-refund-unknown = ご購入時の料金の記録がないため、後日お知らせします
confirm-refund-note = 目安は、ご購入時の料金と残りの月数から計算し、手数料{ $fee }円を差し引いた額です。実際の額は審査の後にお知らせします。
confirm-text = 署名する文面
confirm-text-note = ICカードは、次の文面そのものに署名します。
confirm-checked = 上記内容を確認しました
confirm-final = 失効申込をする(確定)
confirm-edit = 修正する
confirm-gate = 「上記内容を確認しました」にチェックすると、確定できます。
confirm-fixed = この内容は署名を待っています。修正すると、署名の依頼は取り消されます。
confirm-lapsed = 署名の期限が過ぎたため、この内容では署名できません。続けるときは「修正する」を押し、内容をもう一度確認してください。まだ申し込まれていません。
confirm-again = 署名へ進む

# S6・W3
done-title = 失効申込 受付完了
done-lead = 失効申込を受け付け、電子証明書を失効させました。
done-number = 受付番号
done-at = 受付日時
done-check-code-help = 確認コードは、お問い合わせの際に、受付番号とあわせてお知らせください。
done-signed = 署名した内容
done-visible = 反映の状況
done-accepted = 受付
done-revoked = 失効
done-ocsp = OCSP（オンライン確認）
done-ocsp-text = { $time } から「失効」と応答しています。直前に確認した相手には、最長{ $minutes }分遅れて伝わります。
done-crl-signature = CRL（失効リスト）署名用
done-crl-authentication = CRL（失効リスト）認証用
done-crl-published = { $time } に公開した第{ $crl }号に載りました。
done-crl-waiting = まもなく公開する次の号に載ります。この画面を開き直すと、公開の時刻を表示します。
done-crl-cache = 先に取得した失効リストを使う相手には、その有効期限まで反映されないことがあります。
done-mail = 受付と失効の完了を、{ $mail } へお知らせします。
done-keep = 失効申込内容を印刷し、お手元に保管してください。
done-print = 失効申込内容印刷
done-pdf = 受領書（PDF）を保存する
done-quit = 終了
done-reason = 失効理由
print-title = 失効申込内容
print-reprint = 再印刷
print-at = 印刷日時
print-applicant = 申込者
print-sheet = { $page } / { $pages } ページ

# 申込状況
status-title = 申込状況の確認
status-none = この画面で行っている申込はありません。
status-none-text = 申し込むときは、メニューから「失効申込」を選んでください。受付が済んだ申込の結果は、電子メールでお知らせしています。
status-entering = 入力中です。まだ申し込まれていません。
status-entering-go = 入力を続ける
status-reviewing = 内容の確認中です。まだ申し込まれていません。
status-reviewing-go = 内容の確認へ
status-asked = 署名を待っています。まだ申し込まれていません。
status-asked-go = 署名アプリへ
status-lapsed = 署名の期限が過ぎました。まだ申し込まれていません。
status-lapsed-go = 内容の確認へ
status-signed = 署名済み・未申込
status-signed-text = 署名は済みましたが、申込はまだ行われていません。続けるか、やめるかを選んでください。{ $time } を過ぎると、署名は無効になります。
status-signed-go = 続ける
status-signed-stop = やめる
status-accepted = 受付済みです。
status-accepted-go = 受付の内容を見る

# 終了
ended-title = 終了しました
ended-quit = 手続きを終了しました。申込は行われていません。
ended-done = 手続きを終了しました。失効申込は受付済みです。
ended-advice = 共用のパソコンをお使いの場合は、ICカードを抜き、すべてのブラウザを終了してください。
ended-again = もう一度はじめから

# 誤りの画面
problem-title = 手続きを続けられません
problem-back = 前の画面に戻る
notice-heading = ご確認ください
notice-cancelled = 署名アプリでの操作をやめました。何も変わっていません。もう一度行うときは「署名アプリを開く」を押してください。

## Officers

role-entry = 受付
role-approval = 承認
role-audit = 監査
role-administration = 管理

# 書面による失効申込手続き
paper-enclose = 添付する書類
paper-enclose-lead = 申込者と失効理由を選ぶと、失効届に添付する書類が表示されます。
paper-enclose-show = 必要な書類を表示
paper-enclose-list = 添付する書類
paper-enclose-dated = （発行から{ $months }か月以内のもの）
paper-enclose-not = この申込者は、この理由では申し込めません。申込者または理由を選び直してください。
paper-applicant = 申込者の区分
paper-or = または
paper-time-heading = お送り先と、かかる時間
paper-time = 書類に不足がなければ、届いた書面を職員が確認し、別の職員が承認した時点で失効します。通常は届いた日の翌営業日までに完了し、結果を電子メールまたは郵便でお知らせします。
paper-notice = 失効届
paper-notice-to = { $office } 御中
paper-notice-make = 失効届を作る
paper-notice-lead = 分かるところだけを入力して印刷し、署名と実印の押印をしてください。空欄は手書きで記入できます。入力した内容は、どこにも保存されません。
paper-notice-print = 印刷用の画面を開く
paper-notice-pdf = PDFで保存
paper-notice-certificate = 失効する電子証明書
paper-notice-why = 失効の理由
paper-notice-who = 申込者
paper-notice-enclosed = 添付書類
paper-notice-sign = 署名と押印
paper-notice-day = 申込日
paper-notice-name = 申込者の署名
paper-notice-both = 失効すると、ICカードに入っている認証用と署名用の電子証明書は、両方とも使えなくなります。元に戻すことはできません。
paper-notice-send = 失効届と添付書類は、この窓口のお問い合わせ先に記載の住所へ、郵便でお送りください。ICカードの紛失・盗難で急ぐ場合は、先に電話でご連絡ください。
paper-blank = ＿＿＿＿＿＿＿＿＿＿＿＿
paper-blank-day = 　　　　年　　月　　日
paper-blank-seal = ＿＿＿＿＿＿＿＿＿＿＿＿　（実印）
paper-tick = ［　］添付
paper-field-holder = 利用者（名義人）氏名
paper-field-company = 商号・名称
paper-field-serial = 電子証明書のシリアル番号
paper-field-event_date = 事由発生日
paper-field-detail = 失効理由の補足
paper-field-name = 申込者氏名
paper-field-kana = 申込者氏名（フリガナ）
paper-field-postal_code = 郵便番号
paper-field-address = 住所
paper-field-phone = 連絡先電話番号
paper-field-mail = メールアドレス
lookup-title = 受付番号による申込状況の確認
lookup-lead = 受付番号と一緒に記載された確認コードを入力してください。
lookup-lead-both = 受付番号と、一緒に記載された確認コードを入力してください。
lookup-number-help = 11桁の数字です。
lookup-help = 8文字の英数字です。大文字・小文字は区別しません。
lookup-go = 確認する
lookup-link = 受付番号と確認コードで申込状況を確認する
lookup-office = 申込先
lookup-accepted = 受付日時
lookup-revoked-at = 失効日時
lookup-listed = 失効リストへの掲載
lookup-drafting = 内容を確認中です。
lookup-waiting = 受け付け、審査しています。
lookup-returned = 申込の内容について、窓口から確認のご連絡をしています。
lookup-revoked = 受け付け、電子証明書を失効させました。
lookup-denied = 受理できませんでした。お送りした通知をご確認ください。
lookup-withdrawn = 取り下げられました。

# ICカードの状態（E-REVIEW-CERT の理由）
standing-not-yet-valid = 有効期間前
standing-expired = 有効期限切れ
standing-revoked = 失効済み
standing-unaccepted = 対応していない認証局の発行
standing-broken = 検証できない証明書
standing-undetermined = 失効情報を確認できない状態
