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
