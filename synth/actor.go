package synth

// An actorRow is somebody who makes calls. Every account has the whole cast,
// with keys and identifiers of its own.
type actorRow struct {
	name     string
	identity string // userIdentity
	arn      string
	address  string // sourceIPAddress
	agent    string // userAgent
	// console says that the calls come from the console's session.
	console bool
	// inside says that the calls come from a VPC with endpoints.
	inside bool
	// service says that AWS calls on its own behalf: no TLS details, and an
	// event that is shared with other accounts.
	service bool
}

// An actor is a compiled actorRow.
type actor struct {
	identity, arn, address, agent template
	console, inside, service      bool
}

const (
	agentTerraform = "APN/1.0 HashiCorp/1.0 Terraform/1.9.8 (+https://www.terraform.io) terraform-provider-aws/5.75.0 (+https://registry.terraform.io/providers/hashicorp/aws) " +
		"aws-sdk-go-v2/1.32.4 ua/2.1 os/linux lang/go#1.23.2 md/GOOS#linux md/GOARCH#amd64 api/<service>#1.37.2"
	agentCLI = "aws-cli/2.17.32 md/awscrt#0.21.2 ua/2.0 os/linux#6.1.112-122.189.amzn2023.x86_64 md/arch#x86_64 lang/python#3.11.9 md/pyimpl#CPython " +
		"cfg/retry-mode#standard md/installer#exe md/distrib#amzn.2023 md/prompt#off md/command#<service>.<command>"
	agentBoto   = "Boto3/1.35.36 md/Botocore#1.35.36 ua/2.0 os/linux#5.10.226-214.880.amzn2.x86_64 md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 cfg/retry-mode#legacy Botocore/1.35.36"
	agentJava   = "aws-sdk-java/2.28.11 Linux/6.1.109-118.189.amzn2023.x86_64 OpenJDK_64-Bit_Server_VM/21.0.4+7-LTS Java/21.0.4 vendor/Amazon.com_Inc. io/sync http/Apache cfg/retry-mode/standard"
	agentGo     = "aws-sdk-go-v2/1.32.4 ua/2.1 os/linux lang/go#1.23.2 md/GOOS#linux md/GOARCH#arm64 api/<service>#1.66.3 m/E"
	agentECS    = "Amazon ECS Agent - v1.87.0 (0a5a0ed8) (linux) (+http://aws.amazon.com/ecs/)"
	agentSSM    = "aws-sdk-go/1.55.5 (go1.22.6; linux; amd64) amazon-ssm-agent/3.3.987.0"
	agentChrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"
	agentSafari = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0.1 Safari/605.1.15"
	agentKali   = "aws-cli/2.15.30 Python/3.11.8 Linux/6.6.15-amd64 exe/x86_64.kali.2024 prompt/off command/<service>.<command>"
	agentPacu   = "Boto3/1.34.51 md/Botocore#1.34.51 ua/2.0 os/linux#6.6.15-amd64 md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython cfg/retry-mode#legacy Botocore/1.34.51"
)

// Addresses: 203.0.113.0/24 is the office, 198.51.100.0/24 are the gateways of
// the company's own networks, 192.0.2.0/24 is everybody else.

// userIdentity is an IAM user with a long-term key.
func userIdentity(name, key string) string {
	return `{"type":"IAMUser","principalId":"AIDA<id:` + name + `>","arn":"arn:aws:iam::<account>:user/` + name +
		`","accountId":"<account>","accessKeyId":"` + key + `","userName":"` + name + `"}`
}

// userSession is an IAM user with the temporary key of a console session.
func userSession(name, mfa string) string {
	return `{"type":"IAMUser","principalId":"AIDA<id:` + name + `>","arn":"arn:aws:iam::<account>:user/` + name +
		`","accountId":"<account>","accessKeyId":"ASIA<session:` + name + `>","userName":"` + name +
		`","sessionContext":{"attributes":{"creationDate":"<since:` + name + `>","mfaAuthenticated":"` + mfa + `"}}}`
}

// userAtSignIn is an IAM user at the sign-in page, who has no key yet.
func userAtSignIn(name string) string {
	return `{"type":"IAMUser","principalId":"AIDA<id:` + name + `>","arn":"arn:aws:iam::<account>:user/` + name +
		`","accountId":"<account>","userName":"` + name + `"}`
}

// roleSession is a role assumed under a session name; more are further members.
func roleSession(path, role, session, more string) string {
	return `{"type":"AssumedRole","principalId":"AROA<id:` + role + `>:` + session + `","arn":"` + roleARN(role, session) +
		`","accountId":"<account>","accessKeyId":"ASIA<session:` + role + session + `>","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA<id:` +
		role + `>","arn":"arn:aws:iam::<account>:role/` + path + role + `","accountId":"<account>","userName":"` + role +
		`"},"attributes":{"creationDate":"<since:` + role + session + `>","mfaAuthenticated":"false"}` + more
}

func roleARN(role, session string) string {
	return "arn:aws:sts::<account>:assumed-role/" + role + "/" + session
}

const (
	plain   = `}}`
	onEC2   = `,"ec2RoleDelivery":"2.0"}}`
	invoked = `},"invokedBy":"AWS Internal"}`

	ssoPath = "aws-reserved/sso.amazonaws.com/eu-west-1/"
	admins  = "AWSReservedSSO_AdministratorAccess_2276cacebc31d3eb"
	readers = "AWSReservedSSO_ReadOnlyAccess_9c41e07d5ba2f683"

	rootSession  = `{"type":"Root","principalId":"<account>","arn":"arn:aws:iam::<account>:root","accountId":"<account>","accessKeyId":"ASIA<session:root>","sessionContext":{"attributes":{"creationDate":"<since:root>","mfaAuthenticated":"true"}}}`
	rootAtSignIn = `{"type":"Root","principalId":"<account>","arn":"arn:aws:iam::<account>:root","accountId":"<account>","accessKeyId":""}`
	rootARN      = "arn:aws:iam::<account>:root"
)

func userARN(name string) string { return "arn:aws:iam::<account>:user/" + name }

func serviceActor(name, host string) actorRow {
	return actorRow{
		name: name, identity: `{"type":"AWSService","invokedBy":"` + host + `"}`, arn: host,
		address: host, agent: host, service: true,
	}
}

func roleActor(name, role, session, more, address, agent string) actorRow {
	return actorRow{
		name: name, identity: roleSession("", role, session, more), arn: roleARN(role, session),
		address: address, agent: agent, inside: true,
	}
}

func ssoActor(name, permission, session, address, agent string) actorRow {
	return actorRow{
		name: name, identity: roleSession(ssoPath, permission, session, plain), arn: roleARN(permission, session),
		address: address, agent: agent, console: true,
	}
}

// actors are the cast of the background; stories add their own.
var actors = []actorRow{
	serviceActor("cloudtrail", "cloudtrail.amazonaws.com"),
	serviceActor("ec2 service", "ec2.amazonaws.com"),
	serviceActor("lambda service", "lambda.amazonaws.com"),
	serviceActor("ecs service", "ecs-tasks.amazonaws.com"),
	serviceActor("config service", "config.amazonaws.com"),
	serviceActor("log delivery", "delivery.logs.amazonaws.com"),
	serviceActor("s3 logging", "logging.s3.amazonaws.com"),
	serviceActor("load balancing", "elasticloadbalancing.amazonaws.com"),
	serviceActor("autoscaling service", "autoscaling.amazonaws.com"),

	roleActor("api 1", "shop-api", "i-0a6c1f27be093d451", onEC2, "198.51.100.17", agentJava),
	roleActor("api 2", "shop-api", "i-07d95b3e10ac4f862", onEC2, "198.51.100.17", agentJava),
	roleActor("worker", "shop-worker", "f3e1c0b9d2a84756a1b0c9d8e7f60514", plain, "198.51.100.18", agentGo),
	roleActor("resize", "image-resizer", "resize-image", plain, "198.51.100.19", agentBoto),
	roleActor("export", "report-builder", "nightly-export", plain, "198.51.100.19", agentBoto),
	roleActor("ecs agent", "shop-nodes", "i-0c2b8f61d4e7a9035", onEC2, "198.51.100.20", agentECS),
	roleActor("ssm agent", "shop-nodes", "i-0c2b8f61d4e7a9035", onEC2, "198.51.100.20", agentSSM),
	roleActor("monitoring", "datapoints-integration", "collector", plain, "198.51.100.140", agentGo),
	{
		name: "config", arn: roleARN("AWSServiceRoleForConfig", "AWSConfig-Describe"), address: "config.amazonaws.com", agent: "config.amazonaws.com",
		identity: roleSession("aws-service-role/config.amazonaws.com/", "AWSServiceRoleForConfig", "AWSConfig-Describe",
			`},"invokedBy":"config.amazonaws.com"}`),
	},
	{
		name: "access analyzer", arn: roleARN("AWSServiceRoleForAccessAnalyzer", "access-analyzer"), address: "AWS Internal", agent: "AWS Internal",
		identity: roleSession("aws-service-role/access-analyzer.amazonaws.com/", "AWSServiceRoleForAccessAnalyzer", "access-analyzer", invoked),
	},
	{
		name: "deploy", identity: roleSession("", "deploy", "GitHubActions", plain), arn: roleARN("deploy", "GitHubActions"),
		address: "198.51.100.23", agent: agentTerraform,
	},
	{
		name: "ci-deploy", identity: userIdentity("ci-deploy", "AKIAIOSFODNN7EXAMPLE"), arn: userARN("ci-deploy"),
		address: "198.51.100.23", agent: agentCLI,
	},
	{
		name: "backup", identity: userIdentity("backup", "AKIA<key:backup>"), arn: userARN("backup"),
		address: "203.0.113.40", agent: agentCLI,
	},
	ssoActor("anna", admins, "anna@example.com", "203.0.113.10", agentChrome),
	ssoActor("jürgen", readers, "juergen@example.com", "203.0.113.11", agentSafari),
	{
		name: "anna on the command line", identity: roleSession(ssoPath, admins, "anna@example.com", plain), arn: roleARN(admins, "anna@example.com"),
		address: "203.0.113.10", agent: agentCLI,
	},
	{
		name: "maria", identity: userSession("maria", "true"), arn: userARN("maria"), address: "203.0.113.14", agent: agentChrome, console: true,
	},
	{
		name: "maria at sign-in", identity: userAtSignIn("maria"), arn: userARN("maria"), address: "203.0.113.14", agent: agentChrome,
	},
	{
		name: "root", identity: rootSession, arn: rootARN, address: "203.0.113.10", agent: agentChrome, console: true,
	},
	{
		name: "root at sign-in", identity: rootAtSignIn, arn: rootARN, address: "203.0.113.10", agent: agentChrome,
	},
}

// compileActors compiles the background's cast and a story's.
func compileActors(more []actorRow) map[string]*actor {
	cast := make(map[string]*actor)
	for _, table := range [][]actorRow{actors, more} {
		for i := range table {
			row := &table[i]
			if _, ok := cast[row.name]; ok {
				panic("synth: two actors named " + row.name)
			}
			cast[row.name] = &actor{
				identity: compile(row.identity), arn: compile(row.arn), address: compile(row.address), agent: compile(row.agent),
				console: row.console, inside: row.inside, service: row.service,
			}
		}
	}
	return cast
}
