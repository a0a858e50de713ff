package pattern

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tocsin/core/event"
)

// What the benchmarks and the counters of the Set's work run on: the CIS
// patterns, rules as large rule sets have them, and events like CloudTrail's.
// All of it is made from a seed, so that counts are the same everywhere.

// cisPatterns are the alarms 4.1 to 4.15 of the CIS AWS Foundations Benchmark.
var cisPatterns = []string{
	`{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && ($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }`,
	`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }`,
	`{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }`,
	`{` + anyName("DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy AttachGroupPolicy DetachGroupPolicy") + `}`,
	`{` + anyName("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging") + `}`,
	`{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }`,
	`{ ($.eventSource = kms.amazonaws.com) && (` + anyName("DisableKey ScheduleKeyDeletion") + `) }`,
	`{ ($.eventSource = s3.amazonaws.com) && (` + anyName("PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication") + `) }`,
	`{ ($.eventSource = config.amazonaws.com) && (` + anyName("StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder") + `) }`,
	`{` + anyName("AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup ModifySecurityGroupRules") + `}`,
	`{` + anyName("CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry ReplaceNetworkAclAssociation") + `}`,
	`{` + anyName("CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway DeleteInternetGateway DetachInternetGateway") + `}`,
	`{ ($.eventSource = ec2.amazonaws.com) && (` + anyName("CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute DisassociateRouteTable") + `) }`,
	`{` + anyName("CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink EnableVpcClassicLink") + `}`,
	`{ ($.eventSource = organizations.amazonaws.com) && (` + anyName("AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType EnablePolicyType InviteAccountToOrganization LeaveOrganization MoveAccount RemoveAccountFromOrganization UpdatePolicy UpdateOrganizationalUnit") + `) }`,
}

// anyName asks for one of the event names.
func anyName(names string) string {
	var b []string
	for _, n := range strings.Fields(names) {
		b = append(b, "($.eventName = "+n+")")
	}
	return strings.Join(b, " || ")
}

var (
	services = strings.Fields("ec2 s3 iam sts kms lambda logs monitoring config cloudtrail organizations rds dynamodb sqs sns ecs eks ecr ssm secretsmanager guardduty securityhub route53 cloudfront elasticloadbalancing autoscaling athena glue kinesis firehose redshift apigateway cognito-idp wafv2 acm backup")
	verbs    = strings.Fields("Describe Get List Create Put Update Delete Modify Attach Detach Start Stop Enable Disable Associate Tag")
	nouns    = strings.Fields("Instance Bucket Policy Role Key Function Group Alarm Rule Trail Account Table Queue Topic Cluster Image Parameter Secret Detector Zone")
	regions  = strings.Fields("us-east-1 us-west-2 eu-west-1 eu-central-1 ap-southeast-2 ca-central-1")
	callers  = strings.Fields(strings.Repeat("AssumedRole AssumedRole AssumedRole AWSService AWSService IAMUser ", 10) + "Root")
	failures = strings.Fields("AccessDenied AccessDeniedException Client.UnauthorizedOperation ThrottlingException NoSuchBucket ValidationException Client.InvalidParameterValue ResourceNotFoundException")
	agents   = []string{"aws-sdk-go/1.44.0 (go1.19; linux; amd64)", "aws-cli/2.13.5 Python/3.11", "Boto3/1.28.0 md/Botocore#1.31", "console.amazonaws.com", "APN/1.0 HashiCorp/1.0 Terraform/1.5.0", "autoscaling.amazonaws.com"}
	tools    = strings.Fields("kali pacu parrot sqlmap stratus scoutsuite prowler cloudmapper nuclei curl")
)

// apiNames are the event names of service i, the ones used most first.
func apiNames(i int) []string {
	var names []string
	for k := range 40 {
		v, n := (i*7+k)%len(verbs), (i*3+k/2)%len(nouns)
		names = append(names, verbs[v]+nouns[n])
	}
	return names
}

// rareLow draws a number below n, small ones far more often than large ones.
func rareLow(r *rand.Rand, n int) int {
	f := r.Float64()
	return int(f * f * f * float64(n))
}

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

func address(r *rand.Rand) string {
	return fmt.Sprintf("%d.%d.%d.%d", 3+r.IntN(8), r.IntN(3), r.IntN(4), r.IntN(16))
}

func account(r *rand.Rand) string { return fmt.Sprintf("%012d", 111122223333+int64(r.IntN(12))) }

func principal(r *rand.Rand, account string) string {
	return fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s-role-%d/session-%d", account, services[rareLow(r, len(services))], rareLow(r, 6), rareLow(r, 20))
}

// generatedRules are n patterns: the CIS ones first, then a mixture like that of
// a large organization's rules, most of which hardly ever match.
func generatedRules(n int) []string {
	rules := append([]string(nil), cisPatterns[:min(n, len(cisPatterns))]...)
	r := rand.New(rand.NewPCG(1, 2))
	for len(rules) < n {
		i := r.IntN(len(services))
		names := apiNames(i)
		source := fmt.Sprintf(`$.eventSource = "%s.amazonaws.com"`, services[i])
		name := `$.eventName = "` + pick(r, names) + `"`
		var rule string
		switch k := r.Float64() * 100; {
		case k < 20: // one call of one account or by one principal
			a := account(r)
			rule = fmt.Sprintf(`%s && %s && $.userIdentity.arn = "%s"`, source, name, principal(r, a))
		case k < 32:
			rule = fmt.Sprintf(`(%s) && (%s) && ($.recipientAccountId = "%s") && ($.awsRegion = "%s")`, source, name, account(r), pick(r, regions))
		case k < 42: // a list of calls that fail
			list := pick(r, names) + " " + pick(r, names) + " " + pick(r, names)
			rule = fmt.Sprintf(`%s && (%s) && $.errorCode = "%s"`, source, anyName(list), pick(r, failures))
		case k < 52:
			rule = fmt.Sprintf(`%s && $.errorCode = "%s*" && $.recipientAccountId = "%s"`, source, pick(r, failures), account(r))
		case k < 60: // everybody but
			rule = fmt.Sprintf(`%s && $.userIdentity.type = "IAMUser" && $.sourceIPAddress != "%s" && $.userIdentity.userName != "admin-%d" && $.recipientAccountId = "%s"`, name, address(r), r.IntN(50), account(r))
		case k < 67: // a family of calls
			rule = fmt.Sprintf(`%s && $.eventName = "%s*" && $.userIdentity.type = "Root" && $.recipientAccountId = "%s"`, source, pick(r, verbs), account(r))
		case k < 73: // from a place or with a tool
			rule = fmt.Sprintf(`$.sourceIPAddress = "%s" && %s`, address(r), name)
		case k < 78:
			rule = fmt.Sprintf(`$.userAgent = "*%s*" && %s`, pick(r, tools), source)
		case k < 84: // what was asked for
			rule = fmt.Sprintf(`%s && $.requestParameters.bucketName = "team-%d-*" && $.readOnly IS FALSE`, name, r.IntN(500))
		case k < 89:
			rule = fmt.Sprintf(`%s && $.requestParameters.%sId = "%s-%05x"`, name, strings.ToLower(pick(r, nouns)), services[i], r.IntN(1<<20))
		case k < 93: // without MFA
			rule = fmt.Sprintf(`%s && $.userIdentity.sessionContext.attributes.mfaAuthenticated = "false" && $.userIdentity.invokedBy NOT EXISTS && $.recipientAccountId = "%s"`, name, account(r))
		case k < 96: // a long list without a service
			rule = fmt.Sprintf(`(%s) && $.userIdentity.userName = "admin-%d"`, anyName(strings.Join(names[20:], " ")), r.IntN(50))
		case k < 99.8:
			rule = fmt.Sprintf(`%s && $.requestParameters.ipPermissions.items[*].cidrIp = "%d.0.0.0/8"`, name, r.IntN(200))
		default:
			rule = fmt.Sprintf(`%s && $.userIdentity.arn = %%role/%s-role-[0-9]+/session-%d$%%`, name, services[i], 20+r.IntN(20))
		}
		rules = append(rules, "{ "+rule+" }")
	}
	return rules
}

// generatedEvents are n CloudTrail-like records.
func generatedEvents(n int) [][]byte {
	r := rand.New(rand.NewPCG(3, 4))
	events := make([][]byte, n)
	for k := range events {
		i := rareLow(r, len(services))
		names := apiNames(i)
		name := names[rareLow(r, len(names))]
		acct := account(r)
		kind := pick(r, callers)
		var b strings.Builder
		fmt.Fprintf(&b, `{"eventVersion":"1.08","userIdentity":{"type":"%s","principalId":"AROA%08X:session","arn":"%s","accountId":"%s","accessKeyId":"ASIA%08X",`,
			kind, r.IntN(200), principal(r, acct), acct, r.IntN(3000))
		if kind == "IAMUser" {
			fmt.Fprintf(&b, `"userName":"admin-%d",`, r.IntN(60))
		}
		if kind == "AWSService" {
			b.WriteString(`"invokedBy":"autoscaling.amazonaws.com",`)
		}
		fmt.Fprintf(&b, `"sessionContext":{"sessionIssuer":{"type":"Role"},"attributes":{"creationDate":"2026-01-02T03:%02d:00Z","mfaAuthenticated":"%t"}}},`, r.IntN(60), r.IntN(3) == 0)
		fmt.Fprintf(&b, `"eventTime":"2026-01-02T%02d:%02d:%02dZ","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"%s","sourceIPAddress":"%s","userAgent":"%s",`,
			k/3600%24, k/60%60, k%60, services[i], name, regions[rareLow(r, len(regions))], address(r), pick(r, agents))
		if r.IntN(22) == 0 {
			fmt.Fprintf(&b, `"errorCode":"%s","errorMessage":"not authorized to perform: %s:%s","requestParameters":null,"responseElements":null,`, pick(r, failures), services[i], name)
		} else {
			fmt.Fprintf(&b, `"requestParameters":{"bucketName":"team-%d-data","instancesSet":{"items":[{"instanceId":"i-%08x"},{"instanceId":"i-%08x"}]},"note":"a \"quoted\" text"`,
				rareLow(r, 400), r.Uint32(), r.Uint32())
			if r.IntN(10) == 0 {
				fmt.Fprintf(&b, `,"ipPermissions":{"items":[{"cidrIp":"%d.0.0.0/8"}]}`, r.IntN(200))
			}
			b.WriteString(`},"responseElements":null,`)
		}
		fmt.Fprintf(&b, `"requestID":"%08x-0000-4000-8000-%012x","eventID":"%08x-0000-4000-9000-%012x","readOnly":%t,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"%s","eventCategory":"Management"}`,
			r.Uint32(), r.Int64N(1<<48), r.Uint32(), r.Int64N(1<<48), r.IntN(4) != 0, acct)
		events[k] = []byte(b.String())
	}
	return events
}

func parseAll(t testing.TB, texts ...string) []*Pattern {
	t.Helper()
	list := make([]*Pattern, len(texts))
	for i, text := range texts {
		p, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = p
	}
	return list
}

// A runner extracts and matches, as a reader of log files does.
type runner struct {
	set *Set
	*Matcher
	extractor *event.Extractor
	hits      []int
}

func newRunner(patterns []*Pattern) *runner {
	s := NewSet(patterns)
	return &runner{set: s, Matcher: s.NewMatcher(), extractor: event.NewExtractor(event.NewFields(s.Paths()...))}
}

func (r *runner) run(record []byte) []int {
	values, ok := r.extractor.Extract(record)
	if !ok {
		values = nil
	}
	r.hits = r.Match(record, values, r.hits[:0])
	return r.hits
}

// A kept is a record with a copy of its extracted values.
type kept struct {
	record []byte
	values []event.Value
}

func keepValues(r *runner, events [][]byte) []kept {
	list := make([]kept, len(events))
	for i, e := range events {
		values, ok := r.extractor.Extract(e)
		if !ok {
			panic("a generated event is not a JSON object")
		}
		list[i] = kept{e, append([]event.Value(nil), values...)}
	}
	return list
}
