# 職員の画面の文面。
# 職員・窓口設定は desk-、申込の審査は case- で始めます。

desk-title = 職員用窓口
desk-nav = 職員用メニュー
desk-who = ログイン中の職員：
desk-logout = ログアウト
desk-home = 職員用窓口のはじめへ
desk-idle = 操作がないため、あと少しでログアウトします。続ける場合は「続ける」を押してください。
desk-offices-lead = 担当の窓口を選んでください。
desk-tab-queue = 申込の一覧
desk-tab-paper = 書面の申込を入力
desk-tab-officers = 職員
desk-tab-office = 窓口の設定
desk-tab-audit = 監査記録
desk-tab-own = ご自身の設定
desk-stale-next = 職員用窓口のはじめから、もう一度開いてください。
desk-timeout-next = もう一度ログインしてください。

# ログイン
desk-login-title = 職員ログイン
desk-login-lead = 職員カードをカードリーダーに挿入し、ログインの方法を選んでください。
desk-login-card = ICカードでログイン
desk-login-passkey = パスキーでログイン
desk-login-enrol = 招待を受けた方のカード登録
desk-login-late = 一定時間操作がなかったため、ログアウトしました。続けるには、もう一度ログインしてください。
desk-login-unknown = この窓口にログインできる職員として確認できませんでした。
desk-login-unknown-next = 職員として登録したカードまたはパスキーを使ってください。それでもログインできない場合は、管理者にお問い合わせください。
desk-passkey-refused = パスキーを確認できませんでした。もう一度試すか、ICカードでログインしてください。
desk-ended-title = ログアウトしました
desk-ended-lead = 職員カードをカードリーダーから抜いてください。
desk-out-title = ログインが終了しました
desk-out-blocked = このアカウントは、管理者により利用が停止されました。
desk-out-invited = このアカウントには新しい招待が出されています。カードを登録し直すまで利用できません。
desk-out-card = 職員カードの電子証明書が、失効または期限切れのため利用できません。
desk-out-unknown = このアカウントは登録されていません。
desk-out-next = 続けて利用する必要がある場合は、管理者にお問い合わせください。

# カード
desk-card-login = 職員用窓口へのログイン
desk-card-enrol = 職員カードの登録
desk-card-present = 職員カードを、表面を上向きにし、ICチップがリーダーの奥に入るように挿入してください。
desk-card-authenticate = 職員ご本人であることを確認するため、暗証番号を入力してください。
desk-card-sign = この内容に、職員として署名します。署名すると取り消せません。
desk-card-lead = 次の内容に職員カードで署名します。内容を確かめ、署名アプリを開いてください。
desk-card-back = 署名せずに戻る

# カード登録
desk-enrol-title = 職員カードの登録
desk-enrol-lead = 管理者から受け取った登録コードを入力し、ご自身の職員カードを登録します。登録が済むと、そのままログインします。
desk-enrol-code = 登録コード
desk-enrol-code-help = 英数字20文字です。ハイフンや空白は、あってもなくてもかまいません。
desk-enrol-go = カードの登録へ進む

# 職員
desk-to-officers = 職員の一覧へ
desk-back = 戻る
desk-act = 操作
desk-saved = 保存しました。
desk-officer-name = 氏名
desk-officer-person = 職員番号
desk-officer-company = 所属
desk-officer-mail = メールアドレス
desk-officer-roles = 権限
desk-officer-state = 状態
desk-officer-seen = 最近の利用
desk-officer-language = お知らせの言語
desk-help-name = カードの券面と同じ氏名を入力してください。カードの名義人と一致しない場合は登録できません。
desk-help-person = 組織の中での番号です。一人に一つの番号を使ってください。
desk-help-company = 法人番号（13桁）または組織の名称です。ご自身の所属先に関する申込は審査できません。
desk-help-mail = 招待や権限の変更をお知らせする宛先です。登録コードは送りません。
desk-role-entry = 書面の申込を入力します。
desk-role-approval = 申込を審査し、決定します。
desk-role-audit = すべてを閲覧します。変更はできません。
desk-role-administration = 職員と窓口の設定を管理します。
desk-state-invited = 招待中
desk-state-active = 有効
desk-state-blocked = 停止
desk-seen-invited = 招待の期限：{ $time }
desk-seen-active = 最終ログイン：{ $time }
desk-seen-blocked = 停止：{ $time }
desk-dormant = 長期未使用
desk-dormant-note = 長い間使われていないアカウント、または期限の過ぎた招待が{ $count }件あります。不要であれば停止してください。
desk-own-note = ご自身のアカウントの権限や状態は変更できません。ほかの管理者に依頼してください。
desk-roles-save = 権限を保存
desk-state-heading = 利用の停止と再招待
desk-block-title = 利用を停止
desk-block-lead = 停止すると、この職員は次の操作からすぐに利用できなくなります。引き受けている申込は期限が来ると一覧に戻ります。
desk-block-go = 利用を停止する
desk-unblock-title = 停止を解除
desk-unblock-lead = 解除すると、この職員は登録済みのカードで再びログインできます。パスキーは登録し直しが必要です。
desk-unblock-go = 停止を解除する
desk-reinvite-title = もう一度招待
desk-reinvite-lead = 新しい登録コードを発行します。前の登録コードと、登録済みのカードおよびパスキーは使えなくなります。
desk-reinvite-go = 新しい登録コードを発行する
desk-invite-title = 職員を招待
desk-invite-lead = 招待すると登録コードが一度だけ表示されます。招待する方へ直接手渡してください。
desk-invite-go = 招待する
desk-code-title = 登録コード
desk-code-once = 登録コードは、この画面に一度だけ表示されます。画面を閉じる前に印刷するか書き写し、ご本人に手渡してください。
desk-code-how = 上のアドレスを開き、登録コードを入力して、職員カードを登録してください。
desk-code-address = 登録の画面
desk-code-until = 有効期限

# パスキー
desk-passkeys = パスキー
desk-passkeys-lead = パスキーは、ICカードに代わるログインの方法です。申込の決定には、必ず職員カードで署名します。
desk-passkeys-none = 登録されたパスキーはありません。
desk-passkey-label = パスキーの名前
desk-passkey-label-help = 例：執務室のパソコン
desk-passkey-added = 登録日時
desk-passkey-used = 最終利用
desk-passkey-unused = 未使用
desk-passkey-add = パスキーを登録
desk-passkey-remove = 削除
desk-passkey-again = もう一度登録してください。

# 窓口の設定
desk-to-office = 窓口の設定へ
desk-to-history = 変更の履歴へ
desk-in-ja = { $name }（日本語）
desk-in-en = { $name }（英語）
desk-office-saved = 保存しました。新しい内容は、すべての画面に1秒ほどで反映されます。
desk-office-version = 第{ $version }版
desk-office-changed = 変更：{ $time }
desk-office-edit = 設定を変更
desk-office-edit-lead = 文面と方針の値を変更できます。保存する前に、変更の内容を確認する画面が表示されます。
desk-office-preview = 変更の内容を確認する
desk-office-save = 保存する
desk-office-leave = 変更をやめる
desk-office-history = 変更の履歴
desk-office-operator = 受け入れる認証局、カードの形式、審査に必要な人数は、運用者が窓口のファイルで設定します。
desk-office-default = 設定なし（標準の値）
desk-office-hash = 版のハッシュ値：
desk-office-by-operator = 運用者
desk-office-by-former = 登録のない職員
desk-office-number = 「{ $field }」に使えない値が入力されています。
desk-office-number-next = { $least }から{ $most }までの整数を半角で入力してください。
desk-office-name = 窓口の名称
desk-office-contact = お問い合わせ先
desk-office-sender-name = お知らせの差出人名
desk-office-revocation-last-day-before-expiry = インターネットで受け付ける最終日（有効期間が満了する日の何日前まで）
desk-office-revocation-signature-within-minutes = 申込の署名を待つ時間（分）
desk-office-revocation-purchase-price = 電子証明書の購入価格（円）
desk-office-revocation-refund-fee = 返金の手数料（円）
desk-office-revocation-refund-unit = 返金の端数を切り捨てる単位（円）
desk-office-revocation-refund-minimum = 返金の最低額（円）
desk-office-review-claim-minutes = 申込を引き受けておける時間（分）
desk-office-review-signature-within-minutes = 職員の署名を待つ時間（分）
desk-office-review-enclosed-within-months = 添付の公的書類の発行からの期間（月）
desk-office-officer-invitation-days = 職員の招待の有効期間（日）
desk-office-officer-dormant-days = 長期未使用とする日数（日）
desk-office-revocation-flow-version = 「手続きの流れ」の版
desk-office-revocation-flow-text = 「手続きの流れ」の文面
desk-office-revocation-terms-version = 「利用規約」の版
desk-office-revocation-terms-text = 「利用規約」の文面
desk-office-revocation-paper-version = 「書面による失効申込手続き」の版
desk-office-revocation-paper-text = 「書面による失効申込手続き」の文面
desk-preview-title = 変更の確認
desk-preview-lead = 次のように変わります。よろしければ保存してください。
desk-preview-none = 変更された項目はありません。
desk-preview-texts = 文面が変わると、これまでに読んだ方にも新しい文面の確認をお願いします。版の表示も変更してください。
desk-preview-again = 入力に戻る
desk-diff-gone = 削除：
desk-diff-new = 追加：
desk-history-version = 版
desk-history-changed = 変更日時
desk-history-by = 変更した人
desk-version-first = これより前の版はありません。

# 監査記録
desk-audit-lead = すべての操作と拒否は、あとから書き換えられない形で記録されます。記録が正しいことは、この画面を信頼せずに確かめられます。
desk-audit-verify = 記録全体の検証
desk-audit-export = 申込ごとの証拠の書き出し
desk-audit-where = どちらも、運用者がサーバーで実行します。使い方は --help で表示されます。
