package cloudtrail

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/smithy-go"

	"tocsin/service"
	"tocsin/wire"
	"tocsin/wire/sigv4"
)

// An api is what CloudTrail knows of a service's operations. What begins like a
// question is read-only; the exceptions are named.
type api struct {
	source string
	reads  string // read-only though they do not begin so
	writes string // the reverse
	data   string // of the data plane
}

// questions are how operations begin that change nothing.
var questions = []string{"Get", "List", "Describe", "Lookup", "Filter", "Test", "Search", "Check", "Simulate", "Decode"}

// apis are the services by their names in package wire's models. S3, which is
// not called through wire, tells of its calls itself.
//
// UNSURE: which calls of CloudWatch Logs are data events; its reads of events are
// management events in its guide, its writes are in none.
var apis = map[string]api{
	"cloudtrail":     {source: "cloudtrail.amazonaws.com", data: "PutAuditEvents"},
	"cloudwatch":     {source: "monitoring.amazonaws.com", data: "PutMetricData GetMetricData GetMetricWidgetImage"},
	"cloudwatchlogs": {source: "logs.amazonaws.com", reads: "StartQuery StopQuery StartLiveTail", data: "PutLogEvents"},
	"sns":            {source: "sns.amazonaws.com", data: "Publish PublishBatch", reads: "OptInPhoneNumber"},
	"iam":            {source: "iam.amazonaws.com", reads: "GenerateServiceLastAccessedDetails"},
	"sts": {
		source: "sts.amazonaws.com", reads: "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity",
		writes: "GetFederationToken GetSessionToken",
	},
}

// An Operation is what CloudTrail tells of an API operation.
type Operation struct {
	Source, Name   string // eventSource and eventName
	ReadOnly, Data bool
}

// OperationOf is what CloudTrail tells of an operation of a service, by the
// service's name in package wire's models.
func OperationOf(model, operation string) Operation {
	a, known := apis[model]
	if !known {
		a.source = "unknown.amazonaws.com"
	}
	in := func(list string) bool { return slices.Contains(strings.Fields(list), operation) }
	o := Operation{Source: a.source, Name: operation, Data: in(a.data)}
	o.ReadOnly = in(a.reads) || !in(a.writes) && slices.ContainsFunc(questions, func(q string) bool { return strings.HasPrefix(operation, q) })
	if o.Name == "" {
		o.Name = "UnknownOperation"
	}
	return o
}

// RecordOf is a call as it is recorded. The caller is that of ctx.
func RecordOf(ctx context.Context, call *wire.Call) service.Record {
	o := OperationOf(call.Service, call.Operation)
	r := service.Record{Caller: service.CallerOf(ctx), Source: o.Source, Name: o.Name, ReadOnly: o.ReadOnly, Data: o.Data}
	if r.Caller.RequestID == "" {
		r.Caller.RequestID = call.RequestID
	}
	r.ErrorCode, r.ErrorText = failure(call.Err)
	if r.ErrorCode != accessDenied {
		// Of a call that was not allowed CloudTrail does not tell what it asked for.
		r.Request = Parameters(call.Input)
	}
	// AssumeRole is said to read, but what it gave is recorded all the same.
	if call.Err == nil && (!o.ReadOnly || o.Source == "sts.amazonaws.com" && strings.HasPrefix(o.Name, "Assume")) {
		r.Response = Parameters(call.Output)
	}
	return r
}

// accessDenied is what CloudTrail writes for all services when a call was not allowed.
const accessDenied = "AccessDenied"

// failure is an error as CloudTrail writes it: modelled ones by the name of
// their type, which may differ from the code on the wire.
func failure(err error) (code, message string) {
	if err == nil {
		return "", ""
	}
	var signature *sigv4.Error
	if errors.As(err, &signature) {
		return signature.Code, signature.Message
	}
	var one smithy.APIError
	if !errors.As(err, &one) || one.ErrorCode() == "" {
		return "InternalFailure", "" // the cause is for the operator alone
	}
	code, message = one.ErrorCode(), one.ErrorMessage()
	if t := reflect.TypeOf(one); t.Kind() == reflect.Pointer && strings.HasSuffix(t.Elem().PkgPath(), "/types") {
		code = t.Elem().Name()
	}
	if code == "AccessDeniedException" || code == "AuthorizationErrorException" {
		code = accessDenied
	}
	return code, message
}
