package synth

// A pool is a kind of resource of which every account has a few: named ones,
// or so many with identifiers of a prefix and hexadecimal digits.
type pool struct {
	names  []string
	prefix string
	digits int
	size   int
}

// pools are the resources that the placeholders of templates name.
var pools = map[string]pool{
	"bucket": {names: []string{
		"example-assets-<account>", "example-uploads-<account>", "example-backups-<account>",
		"example-data-lake-<account>", "example-invoices-<account>", "example-artifacts-<account>-eu-west-1",
	}},
	"object": {names: []string{
		"uploads/2026/03/<hex:32:o>.jpg", "exports/daily/orders-<n:1000-9999:o>.parquet", "events/<guid:o>.json",
		"invoices/2026/inv-<n:100000-999999:o>.pdf", "thumbnails/<hex:12:o>/large.webp", "sessions/<an:24:o>",
	}},
	"function": {names: []string{"resize-image", "order-created", "nightly-export", "send-receipt", "auth-hook", "import-feed"}},
	"table":    {names: []string{"orders", "customers", "carts", "sessions", "feature-flags"}},
	"queue":    {names: []string{"orders", "emails", "image-jobs", "dead-letters"}},
	"secret":   {names: []string{"prod/db/orders-<id:orders>", "prod/mail/smtp-<id:smtp>", "prod/payments/api-<id:payments>"}},
	"parameter": {names: []string{
		"/shop/prod/db/host", "/shop/prod/db/user", "/shop/prod/feature/checkout", "/shop/prod/mail/from",
		"/shop/stage/db/host", "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
	}},
	"role":     {names: []string{"shop-api", "shop-worker", "image-resizer", "report-builder", "deploy"}},
	"loggroup": {names: []string{"/aws/lambda/resize-image", "/aws/lambda/order-created", "/ecs/shop-api", "/ecs/shop-worker"}},
	"cluster":  {names: []string{"shop-prod", "shop-stage"}},
	"database": {names: []string{"orders-prod", "orders-replica", "reporting"}},
	"stack":    {names: []string{"shop-network", "shop-api", "shop-data", "shop-edge"}},
	"repo":     {names: []string{"shop/api", "shop/worker", "shop/web"}},
	"user":     {names: []string{"ci-deploy", "backup", "maria", "reporting"}},
	"policy":   {names: []string{"ReadOnlyAccess", "AmazonS3ReadOnlyAccess", "CloudWatchReadOnlyAccess"}},
	"type":     {names: []string{"m6i.large", "t3.medium"}},
	"detector": {prefix: "", digits: 32, size: 1},
	"mfa":      {names: []string{"Yes"}},
	"cidr":     {names: []string{"203.0.113.0/24", "198.51.100.0/24"}},
	"trail":    {names: []string{"management-events"}},
	"peer":     {names: []string{"444455556666"}},
	"city":     {names: []string{"Zürich", "München", "Malmö", "Kraków"}},
	"alarmed":  {names: []string{"shop-api-5xx", "orders-prod-cpu", "queue-depth-orders", "checkout-latency-p99"}},
	"lb":       {names: []string{"app/shop-web/50dc6c495c0c9188", "app/shop-api/f2a1d1b0c7d4e3a9"}},
	"instance": {prefix: "i-0", digits: 16, size: 40},
	"volume":   {prefix: "vol-0", digits: 16, size: 60},
	"snapshot": {prefix: "snap-0", digits: 16, size: 40},
	"image":    {prefix: "ami-0", digits: 16, size: 8},
	"subnet":   {prefix: "subnet-0", digits: 16, size: 6},
	"vpc":      {prefix: "vpc-0", digits: 16, size: 2},
	"group":    {prefix: "sg-0", digits: 16, size: 20},
	"acl":      {prefix: "acl-0", digits: 16, size: 4},
	"rtb":      {prefix: "rtb-0", digits: 16, size: 6},
	"gateway":  {prefix: "igw-0", digits: 16, size: 2},
	"eni":      {prefix: "eni-0", digits: 16, size: 80},
	"kmskey":   {prefix: "1b4c7d90-52ae-4e1f-8c3a-", digits: 12, size: 6},
	"endpoint": {prefix: "vpce-0", digits: 16, size: 3},
}
