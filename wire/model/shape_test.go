package model_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	trail "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	watch "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	sn "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"

	"tocsin/wire"
	"tocsin/wire/sigv4"
)

// request writes a request: method, path, headers as "name: value", then the body.
func request(method, path, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	return r
}

const (
	json11 = "Content-Type: application/x-amz-json-1.1"
	json10 = "Content-Type: application/x-amz-json-1.0"
	asForm = "Content-Type: application/x-www-form-urlencoded"
	cbor   = "Content-Type: application/cbor"
	rpc    = "Smithy-Protocol: rpc-v2-cbor"
	mode   = "X-Amzn-Query-Mode: true"
	logsTo = "X-Amz-Target: Logs_20140328."
	trails = "X-Amz-Target: com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101."
	alarms = "X-Amz-Target: GraniteServiceVersion20100801."
	path   = "/service/GraniteServiceVersion20100801/operation/"
)

func TestErrorShapes(t *testing.T) {
	message := "it's <gone>"
	notFound := &watch.ResourceNotFound{Message: &message}
	for _, c := range []struct {
		name   string
		r      *http.Request
		err    error // of the method
		admit  error
		status int
		want   []string // in header or body
	}{
		{"cloudtrail: capital Message, 400", request("POST", "/", "{}", json11, trails+"GetTrail"), &trail.TrailNotFoundException{Message: &message}, nil, 400, []string{`{"__type":"TrailNotFoundException","Message":"it's <gone>"}`, "X-Amzn-Errortype: TrailNotFoundException"}},
		{"logs: small message", request("POST", "/", "{}", json11, logsTo+"DescribeLogGroups"), &smithy.GenericAPIError{Code: "X", Message: "m"}, nil, 400, []string{`{"__type":"X","message":"m"}`}},
		{"sns", request("POST", "/", "Action=ListTopics&Version=2010-03-31", asForm), &sn.NotFoundException{Message: &message}, nil, 404, []string{`<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>NotFound</Code><Message>it's &lt;gone&gt;</Message></Error><RequestId>`, "Content-Type: text/xml"}},
		{"sns: receiver", request("POST", "/", "Action=ListTopics&Version=2010-03-31", asForm), &sn.InternalErrorException{}, nil, 500, []string{"<Type>Receiver</Type><Code>InternalError</Code>"}},
		{"cloudwatch, Query", request("POST", "/", "Action=ListMetrics&Version=2010-08-01", asForm), notFound, nil, 404, []string{"<Code>ResourceNotFound</Code>"}},
		{"cloudwatch, JSON", request("POST", "/", "{}", json10, alarms+"ListMetrics"), notFound, nil, 400, []string{`{"__type":"ResourceNotFound","message":"it's <gone>"}`, "!X-Amzn-Query-Error"}},
		{"cloudwatch, JSON in query mode", request("POST", "/", "{}", json10, mode, alarms+"ListMetrics"), notFound, nil, 404, []string{"X-Amzn-Query-Error: ResourceNotFound;Sender"}},
		{"cloudwatch, CBOR in query mode", request("POST", path+"ListMetrics", "\xa0", cbor, rpc, mode), &watch.InvalidParameterValueException{Message: &message}, nil, 400, []string{"InvalidParameterValueException", "X-Amzn-Query-Error: InvalidParameterValue;Sender", "Smithy-Protocol: rpc-v2-cbor"}},
		{"an overridden code", request("POST", path+"ListMetrics", "\xa0", cbor, rpc, mode), &watch.InvalidParameterValueException{ErrorCodeOverride: &[]string{"Other"}[0]}, nil, 400, []string{"InvalidParameterValueException", "X-Amzn-Query-Error: Other;Sender"}},
		{"a cause stays here", request("POST", "/", "{}", json11, trails+"GetTrail"), errors.New("secret cause"), nil, 500, []string{`{"__type":"InternalFailure"}`, "!secret"}},
		{"denied, Query", request("POST", "/", "Action=ListTopics&Version=2010-03-31", asForm), &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}, nil, 403, []string{"<Code>AccessDenied</Code><Message>no</Message>"}},
		{"denied, JSON", request("POST", "/", "{}", json11, trails+"GetTrail"), &smithy.GenericAPIError{Code: "AccessDenied", Message: "no"}, nil, 400, []string{`"AccessDeniedException","Message":"no"`}},
		{"signature, Query", request("POST", "/", "Action=ListTopics&Version=2010-03-31", asForm), nil, &sigv4.Error{Status: 403, Code: "UnrecognizedClientException", Message: "no"}, 403, []string{"<Code>InvalidClientTokenId</Code>"}},
		{"signature, JSON", request("POST", "/", "{", json11, logsTo+"DescribeLogGroups"), nil, &sigv4.Error{Status: 403, Code: "SignatureDoesNotMatch", Message: "no"}, 400, []string{`"InvalidSignatureException"`}},
		{"unknown operation, JSON", request("POST", "/", "{}", json11, logsTo+"Fly"), nil, nil, 400, []string{`{"__type":"UnknownOperationException"}`}},
		{"unknown operation, CBOR", request("POST", path+"Fly", "\xa0", cbor, rpc), nil, nil, 400, []string{"UnknownOperationException"}},
		{"unknown action", request("POST", "/", "Action=Fly&Version=2010-03-31", asForm), nil, nil, 400, []string{"<Code>InvalidAction</Code><Message>Could not find operation Fly for version 2010-03-31</Message>"}},
		{"no version", request("POST", "/", "Action=TagResource", asForm), nil, nil, 400, []string{"for version NO_VERSION_SPECIFIED"}},
		{"no action", request("POST", "/", "Version=2010-03-31", asForm), nil, nil, 400, []string{"<Code>MissingAction</Code>"}},
		{"a service's other protocol", request("POST", "/", "Action=GetTrail&Version=2013-11-01", asForm), nil, nil, 400, []string{"InvalidAction"}},
		{"wrong content type", request("POST", "/", "{}", "Content-Type: text/plain", logsTo+"DescribeLogGroups"), nil, nil, 404, []string{"<UnknownOperationException/>"}},
		{"wrong content type, CBOR", request("POST", path+"ListMetrics", "{}", json10, rpc), nil, nil, 400, []string{"SerializationException"}},
		{"malformed JSON", request("POST", "/", `{"Name":`, json11, trails+"GetTrail"), nil, nil, 400, []string{`{"__type":"SerializationException","Message":"Name: Unexpected end of the request"}`}},
		{"wrong type in JSON", request("POST", "/", `{"Name":5}`, json11, trails+"GetTrail"), nil, nil, 400, []string{"Name: NUMBER_VALUE can not be converted to String"}},
		{"malformed CBOR", request("POST", path+"ListMetrics", "\xa1", cbor, rpc), nil, nil, 400, []string{"SerializationException"}},
		{"malformed escape", request("POST", "/", "Action=%zz", asForm), nil, nil, 404, []string{"<Code>MalformedQueryString</Code>"}},
		{"wrong list", request("POST", "/", "Action=ListMetrics&Version=2010-08-01&Dimensions=x", asForm), nil, nil, 400, []string{"<Code>MalformedInput</Code>"}},
		{"too large", request("POST", "/", strings.Repeat(" ", 1<<20+1), json11, trails+"GetTrail"), nil, nil, 413, []string{"RequestEntityTooLargeException"}},
		{"a bomb", request("POST", "/", zipped(strings.Repeat(" ", 1<<21)), json11, trails+"GetTrail", "Content-Encoding: gzip"), nil, nil, 413, []string{"RequestEntityTooLargeException"}},
		{"event stream", request("POST", "/", "{}", json11, logsTo+"StartLiveTail"), nil, nil, 400, []string{"UnsupportedOperationException", "event stream"}},
		{"s3", request("GET", "/bucket/key", "", "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20240101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0"), nil, nil, 501, []string{"<Code>NotImplemented</Code>"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &far{err: c.err}
			var seen *wire.Call
			h, err := wire.New(wire.Options{
				Services: services(f), MaxBody: 1 << 20,
				Admit:   func(r *http.Request, _ *wire.Call) (context.Context, error) { return r.Context(), c.admit },
				Observe: func(_ context.Context, _ *http.Request, call *wire.Call) { seen = call },
			})
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, c.r)
			var text bytes.Buffer
			if err := w.Result().Header.Write(&text); err != nil {
				t.Fatal(err)
			}
			text.Write(w.Body.Bytes())
			if w.Code != c.status || seen == nil || seen.Status != c.status || seen.Err == nil {
				t.Errorf("status %d, not %d; observed %+v", w.Code, c.status, seen)
			}
			if f.in != nil && c.err == nil {
				t.Errorf("the method was called")
			}
			for _, want := range c.want {
				unwanted, no := strings.CutPrefix(want, "!")
				if strings.Contains(text.String(), unwanted) == no {
					t.Errorf("%q: %t in\n%s", unwanted, no, text.String())
				}
			}
		})
	}
}

func zipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write([]byte(s)) // into memory
	_ = z.Close()
	return b.String()
}

// The links in SNS's messages name no version.
func TestLinkWithoutVersion(t *testing.T) {
	f := &far{out: &sns.ConfirmSubscriptionOutput{}}
	w := httptest.NewRecorder()
	h, err := wire.New(wire.Options{Services: services(f)})
	if err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(w, request("GET", "/?Action=ConfirmSubscription&TopicArn=a&Token=b", ""))
	in, ok := f.in.(*sns.ConfirmSubscriptionInput)
	if w.Code != 200 || !ok || *in.TopicArn != "a" || *in.Token != "b" {
		t.Errorf("%d %s %+v", w.Code, w.Body, f.in)
	}
}

// run measures one request after the other, without a network.
func run(b *testing.B, f *far, method, path, body string, header ...string) {
	h, err := wire.New(wire.Options{Services: services(f)})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request(method, path, body, header...))
		if w.Code != 200 {
			b.Fatal(w.Code, w.Body)
		}
	}
}

// keep is an HTTP client that keeps the body of the request, for sending it again.
type keep struct{ body string }

func (k *keep) Do(r *http.Request) (*http.Response, error) {
	var b bytes.Buffer
	if _, err := b.ReadFrom(r.Body); err != nil {
		return nil, err
	}
	k.body = b.String()
	return nil, errors.New("kept")
}

// 1000 metrics of one request.
func BenchmarkPutMetricData(b *testing.B) {
	name, value, now := "ConsoleLogins", 1.5, time.Now()
	in := &cloudwatch.PutMetricDataInput{Namespace: &name}
	for range 1000 {
		in.MetricData = append(in.MetricData, watch.MetricDatum{MetricName: &name, Value: &value, Timestamp: &now, Dimensions: []watch.Dimension{{Name: &name, Value: &name}}})
	}
	for _, d := range dialects() {
		protocol, ok := strings.CutPrefix(d.name, "cloudwatch-")
		if !ok {
			continue
		}
		b.Run(protocol, func(b *testing.B) {
			k := &keep{}
			client := d.client("http://tocsin.test", k, unchecked).(*cloudwatch.Client)
			if _, err := client.PutMetricData(b.Context(), in, func(o *cloudwatch.Options) { o.DisableRequestCompression = true }); k.body == "" {
				b.Fatal(err)
			}
			far := &far{out: &cloudwatch.PutMetricDataOutput{}}
			switch protocol {
			case "cbor":
				run(b, far, "POST", path+"PutMetricData", k.body, cbor, rpc)
			case "json":
				run(b, far, "POST", "/", k.body, json10, alarms+"PutMetricData")
			default:
				run(b, far, "POST", "/", k.body, asForm)
			}
		})
	}
}

// 10,000 events of 1 KB in one answer.
func BenchmarkFilterLogEvents(b *testing.B) {
	message, stream, at := strings.Repeat(`{"eventName":"x"}`, 60), "stream", time.Now().UnixMilli()
	out := &cloudwatchlogs.FilterLogEventsOutput{}
	for range 10_000 {
		out.Events = append(out.Events, logtypes.FilteredLogEvent{Message: &message, LogStreamName: &stream, EventId: &stream, Timestamp: &at, IngestionTime: &at})
	}
	run(b, &far{out: out}, "POST", "/", "{}", json11, logsTo+"FilterLogEvents")
}
