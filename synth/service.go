package synth

// A serviceRow is what the records of one AWS service have in common.
type serviceRow struct {
	name    string // as in IAM actions: s3, ec2, cloudwatch
	source  string // first label of eventSource, where it is not the name
	version string // eventVersion
	// host is the host called, which tlsDetails names.
	host       string
	apiVersion string
	// requestID is a GUID unless told otherwise.
	requestID string
	// extra is additionalEventData.
	extra string
	// resources and dataResources list what management and data calls touch.
	resources, dataResources string
	// global services log in us-east-1 alone.
	global bool
	// denied is the errorCode of a refusal.
	denied string
}

const (
	s3Extra = `{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":<n:0-0:in>,` +
		`"AuthenticationMethod":"AuthHeader","x-amz-id-2":"<b64:75>=","bytesTransferredOut":<n:230-620:out>}`
	s3Bucket = `{"accountId":"<account>","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<bucket>"}`
	s3Object = `{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::<bucket>/<object>"}`
)

// services are the services that calls name. Versions are those seen in real
// records of 2024 to 2026, where services raise theirs one by one.
var services = []serviceRow{
	{
		name: "s3", version: "1.11", host: "<bucket>.s3.<region>.amazonaws.com", requestID: "<up:16>", extra: s3Extra,
		resources: "[" + s3Bucket + "]", dataResources: "[" + s3Object + "," + s3Bucket + "]",
	},
	{
		name: "kms", version: "1.11", host: "kms.<region>.amazonaws.com",
		resources: `[{"accountId":"<account>","type":"AWS::KMS::Key","ARN":"arn:aws:kms:<region>:<account>:key/<kmskey>"}]`,
	},
	{
		name: "sts", version: "1.08", host: "sts.<region>.amazonaws.com",
		resources: `[{"accountId":"<account>","type":"AWS::IAM::Role","ARN":"arn:aws:iam::<account>:role/<role>"}]`,
	},
	{
		name: "dynamodb", version: "1.11", host: "dynamodb.<region>.amazonaws.com", requestID: "<up:52>", apiVersion: "2012-08-10",
		resources: `[{"accountId":"<account>","type":"AWS::DynamoDB::Table","ARN":"arn:aws:dynamodb:<region>:<account>:table/<table>"}]`,
	},
	{
		name: "lambda", version: "1.11", host: "lambda.<region>.amazonaws.com", apiVersion: "2015-03-31",
		dataResources: `[{"accountId":"<account>","type":"AWS::Lambda::Function","ARN":"arn:aws:lambda:<region>:<account>:function:<function>"}]`,
	},
	{
		name: "ssm", version: "1.08", host: "ssm.<region>.amazonaws.com",
		resources: `[{"accountId":"<account>","ARN":"arn:aws:ssm:<region>:<account>:parameter<parameter>"}]`,
	},
	{name: "ec2", version: "1.10", host: "ec2.<region>.amazonaws.com", denied: "Client.UnauthorizedOperation"},
	{name: "iam", version: "1.10", host: "iam.amazonaws.com", global: true},
	{name: "organizations", version: "1.09", host: "organizations.us-east-1.amazonaws.com", global: true, denied: "AccessDeniedException"},
	{name: "route53", version: "1.09", host: "route53.amazonaws.com", apiVersion: "2013-04-01", global: true},
	{name: "cloudfront", version: "1.09", host: "cloudfront.amazonaws.com", apiVersion: "2020_05_31", global: true},
	{name: "signin", version: "1.08", host: "eu-west-1.signin.aws.amazon.com", global: true},
	{name: "health", version: "1.11", host: "health.us-east-1.amazonaws.com", global: true},
	{name: "ce", version: "1.11", host: "ce.us-east-1.amazonaws.com", global: true, denied: "AccessDeniedException"},
	{name: "cloudtrail", version: "1.11", host: "cloudtrail.<region>.amazonaws.com"},
	{name: "config", version: "1.08", host: "config.<region>.amazonaws.com", denied: "AccessDeniedException"},
	{name: "cloudwatch", source: "monitoring", version: "1.11", host: "monitoring.<region>.amazonaws.com"},
	{name: "logs", version: "1.11", host: "logs.<region>.amazonaws.com", apiVersion: "20140328", denied: "AccessDeniedException"},
	{name: "secretsmanager", version: "1.09", host: "secretsmanager.<region>.amazonaws.com"},
	{name: "sns", version: "1.09", host: "sns.<region>.amazonaws.com", denied: "AuthorizationErrorException"},
	{name: "sqs", version: "1.09", host: "sqs.<region>.amazonaws.com"},
	{name: "rds", version: "1.11", host: "rds.<region>.amazonaws.com"},
	{name: "ecs", version: "1.11", host: "ecs.<region>.amazonaws.com", denied: "AccessDeniedException"},
	{name: "ecr", version: "1.11", host: "api.ecr.<region>.amazonaws.com", denied: "AccessDeniedException"},
	{name: "eks", version: "1.09", host: "eks.<region>.amazonaws.com", denied: "AccessDeniedException"},
	{name: "cloudformation", version: "1.11", host: "cloudformation.<region>.amazonaws.com"},
	{name: "autoscaling", version: "1.11", host: "autoscaling.<region>.amazonaws.com"},
	{name: "elasticloadbalancing", version: "1.09", host: "elasticloadbalancing.<region>.amazonaws.com", apiVersion: "2015-12-01"},
	{name: "guardduty", version: "1.09", host: "guardduty.<region>.amazonaws.com", denied: "AccessDeniedException"},
	{name: "securityhub", version: "1.09", host: "securityhub.<region>.amazonaws.com", denied: "AccessDeniedException"},
	{name: "access-analyzer", version: "1.11", host: "access-analyzer.<region>.amazonaws.com", denied: "AccessDeniedException"},
	{name: "acm", version: "1.09", host: "acm.<region>.amazonaws.com", denied: "AccessDeniedException"},
	{name: "tagging", version: "1.09", host: "tagging.<region>.amazonaws.com"},
	{name: "ses", version: "1.11", host: "email.<region>.amazonaws.com"},
	{name: "backup", version: "1.09", host: "backup.<region>.amazonaws.com"},
	{name: "xray", version: "1.08", host: "xray.<region>.amazonaws.com"},
}
