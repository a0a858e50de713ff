package synth

import "strings"

// A callRow is one API call, or one way to make it, in the tables of calls.
type callRow struct {
	// name is service.EventName. A tag after a space tells two rows of one
	// call apart: "s3.PutObject log delivery".
	name   string
	traits traits
	params string // requestParameters; empty is null
	gives  string // responseElements; empty is null
	// fails is the call's own failure as "code|message". A failed sign-in has
	// a message without a code.
	fails string
	// extra is additionalEventData, where it is not the service's.
	extra string
}

// traits are a set of properties of a call.
type traits uint8

const (
	write   traits = 1 << iota // readOnly is false
	data                       // a data event
	signIn                     // an AwsConsoleSignIn
	general                    // names no resource
	read    traits = 0
)

// A call is a compiled callRow with what its service adds.
type call struct {
	service   string
	action    string // as IAM names it: GetObject
	command   string // as the command line names it: get-object
	traits    traits
	global    bool
	head      template // from eventSource to eventName
	params    template
	gives     template
	extra     template
	requestID template
	resources template
	tail      template // apiVersion
	host      template
	denied    failure
	throttled failure
	fails     failure
	version   string
	kind      string // eventType
}

// An ending is how a call ends.
type ending uint8

const (
	succeeded ending = iota
	denied
	throttled
	failed // in the call's own way; a call without one succeeds
)

// failure is what the record says of the ending.
func (c *call) failure(e ending) failure {
	switch e {
	case denied:
		return c.denied
	case throttled:
		return c.throttled
	case failed:
		return c.fails
	}
	return failure{}
}

// A failure is an errorCode with its errorMessage. The zero failure is success.
type failure struct{ code, message template }

func (f failure) isZero() bool { return f.code == nil && f.message == nil }

// parseFailure reads "code|message".
func parseFailure(s string) failure {
	if s == "" {
		return failure{}
	}
	code, message, _ := strings.Cut(s, "|")
	return failure{compile(code), compile(message)}
}

// compileCalls compiles all tables of calls by name.
func compileCalls() map[string]*call {
	byName := make(map[string]*serviceRow, len(services))
	for i := range services {
		byName[services[i].name] = &services[i]
	}
	calls := make(map[string]*call)
	for _, table := range [][]callRow{readCalls, writeCalls, dataCalls, securityCalls} {
		for i := range table {
			row := &table[i]
			name, _, _ := strings.Cut(row.name, ".")
			svc, ok := byName[name]
			if !ok {
				panic("synth: call of an unknown service: " + row.name)
			}
			if _, ok := calls[row.name]; ok {
				panic("synth: two calls named " + row.name)
			}
			calls[row.name] = compileCall(row, svc)
		}
	}
	return calls
}

func compileCall(row *callRow, svc *serviceRow) *call {
	_, event, _ := strings.Cut(row.name, ".")
	event, _, _ = strings.Cut(event, " ")
	source := svc.source
	if source == "" {
		source = svc.name
	}
	c := &call{
		service: svc.name, action: apiName(event), command: kebab(apiName(event)), traits: row.traits, global: svc.global, version: svc.version, kind: "AwsApiCall",
		head:   compile(`"eventSource":"` + source + `.amazonaws.com","eventName":"` + event + `"`),
		params: compile(orNull(row.params)),
		gives:  compile(orNull(row.gives)),
		host:   compile(svc.host),
		fails:  parseFailure(row.fails),
	}
	extra, resources, requestID := row.extra, svc.resources, svc.requestID
	if extra == "" {
		extra = svc.extra
	}
	switch {
	case row.traits&general != 0:
		resources = ""
		if svc.name == "s3" {
			c.host = compile("s3.<region>.amazonaws.com")
		}
	case row.traits&data != 0 && svc.dataResources != "":
		resources = svc.dataResources
	}
	if requestID == "" {
		requestID = "<guid:request>"
	}
	if row.traits&signIn != 0 {
		c.kind, requestID = "AwsConsoleSignIn", ""
	}
	c.extra, c.resources, c.requestID, c.tail = compile(extra), compile(resources), compile(requestID), compile(svc.apiVersion)
	c.denied, c.throttled = refusals(svc, row.traits)
	return c
}

// refusals are how a service says that a call is not allowed, or too much.
func refusals(svc *serviceRow, t traits) (refused, tooMuch failure) {
	code := svc.denied
	if code == "" {
		code = "AccessDenied"
	}
	switch {
	case svc.name == "ec2" && t&write != 0:
		return parseFailure(code + "|You are not authorized to perform this operation. User: <arn> is not authorized to perform: <action> on resource: " +
				"arn:aws:ec2:<region>:<account>:* because no identity-based policy allows the <action> action. Encoded authorization failure message: <an:380>"),
			parseFailure("Client.RequestLimitExceeded|Request limit exceeded.")
	case svc.name == "ec2":
		return parseFailure(code + "|You are not authorized to perform this operation. User: <arn> is not authorized to perform: <action> because no identity-based policy allows the <action> action"),
			parseFailure("Client.RequestLimitExceeded|Request limit exceeded.")
	case svc.name == "s3":
		return parseFailure(code + "|User: <arn> is not authorized to perform: <action> on resource: \\\"arn:aws:s3:::<bucket>\\\" because no identity-based policy allows the <action> action"),
			parseFailure("SlowDown|Please reduce your request rate.")
	}
	return parseFailure(code + "|User: <arn> is not authorized to perform: <action> because no identity-based policy allows the <action> action"),
		parseFailure("ThrottlingException|Rate exceeded")
}

func orNull(s string) string {
	if s == "" {
		return "null"
	}
	return s
}

// apiName is the event name as IAM writes it: Lambda's without the API date.
func apiName(event string) string {
	if i := strings.Index(event, "2015"); i > 0 {
		return event[:i]
	}
	return event
}

// kebab writes GetObject as get-object, DescribeDBInstances as describe-db-instances.
func kebab(name string) string {
	var b []byte
	upper := func(i int) bool { return i < len(name) && 'A' <= name[i] && name[i] <= 'Z' }
	for i := range len(name) {
		switch {
		case !upper(i):
			b = append(b, name[i])
		case i > 0 && (!upper(i-1) || i+1 < len(name) && !upper(i+1)):
			b = append(b, '-', name[i]|0x20)
		default:
			b = append(b, name[i]|0x20)
		}
	}
	return string(b)
}
