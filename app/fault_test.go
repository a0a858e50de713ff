package app

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awscloudtrail "github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"tocsin/internal/sdkhttp"
	"tocsin/store/state"
)

const (
	testRegion = "eu-central-1"
	otherTopic = "arn:aws:sns:eu-central-1:210987654321:theirs"
)

var testRoot = RootKey{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}

// A world is an app with an account whose root makes users.
type world struct {
	t    *testing.T
	app  *App
	host string // of the listener
}

func newWorld(t *testing.T) *world {
	t.Helper()
	a, _ := launch(t, configured(t, "pack: none\naccount: '123456789012'\nregion: "+testRegion+"\n"), Options{RootKey: testRoot})
	w := &world{t: t, app: a, host: a.listen.Addr().String()}
	err := a.db.Update(t.Context(), func(tx *state.Tx) error {
		return tx.AddTopic(t.Context(), state.Topic{ARN: otherTopic, Owner: "210987654321", Created: a.o.Now()})
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) config(k RootKey) aws.Config {
	return aws.Config{
		Region: testRegion, BaseEndpoint: aws.String("http://" + w.host), HTTPClient: sdkhttp.Client(http.DefaultClient),
		Credentials: credentials.NewStaticCredentialsProvider(k.ID, k.Secret, ""), RetryMaxAttempts: 1,
	}
}

func (w *world) iam() *awsiam.Client { return awsiam.NewFromConfig(w.config(testRoot)) }
func (w *world) sns(k RootKey) *awssns.Client {
	return awssns.NewFromConfig(w.config(k))
}

func (w *world) s3(k RootKey) *awss3.Client {
	return awss3.NewFromConfig(w.config(k), func(o *awss3.Options) { o.UsePathStyle = true })
}

func bucketIn() *s3types.CreateBucketConfiguration {
	return &s3types.CreateBucketConfiguration{LocationConstraint: testRegion}
}

// user makes a user with a policy of its own, none when it is "".
func (w *world) user(name, document string) RootKey {
	w.t.Helper()
	ctx, root := w.t.Context(), w.iam()
	if _, err := root.CreateUser(ctx, &awsiam.CreateUserInput{UserName: &name}); err != nil {
		w.t.Fatal(err)
	}
	if document != "" {
		if _, err := root.PutUserPolicy(ctx, &awsiam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("own"), PolicyDocument: &document}); err != nil {
			w.t.Fatal(err)
		}
	}
	made, err := root.CreateAccessKey(ctx, &awsiam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		w.t.Fatal(err)
	}
	return RootKey{*made.AccessKey.AccessKeyId, *made.AccessKey.SecretAccessKey}
}

const allowAll = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`

// A made is a request to make: what it says, and how it is signed.
type made struct {
	method, target, body string
	header               []string // names and values
	key                  RootKey  // a zero one signs nothing
	service              string
	age                  time.Duration
	presign              time.Duration // how long it is good for; 0 signs in the header
	after                func(*http.Request)
}

func query(body string) made {
	return made{method: "POST", target: "/", body: body, header: []string{"Content-Type", "application/x-www-form-urlencoded"}, key: testRoot, service: "sns"}
}

func jsonCall(target, body string) made {
	return made{method: "POST", target: "/", body: body, header: []string{"Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", target}, key: testRoot, service: "logs"}
}

func cborCall(operation, body string) made {
	return made{
		method: "POST", target: "/service/GraniteServiceVersion20100801/operation/" + operation, body: body,
		header: []string{"Content-Type", "application/cbor", "Smithy-Protocol", "rpc-v2-cbor"}, key: testRoot, service: "monitoring",
	}
}

func s3Call(method, target, body string, header ...string) made {
	return made{method: method, target: target, body: body, header: header, key: testRoot, service: "s3"}
}

func (m made) as(k RootKey) made          { m.key = k; return m }
func (m made) to(service string) made     { m.service = service; return m }
func (m made) old(age time.Duration) made { m.age = age; return m }
func (m made) with(header ...string) made {
	m.header = append(slices.Clone(m.header), header...)
	return m
}
func (m made) then(f func(*http.Request)) made { m.after = f; return m }
func (m made) unsigned() made                  { m.key = RootKey{}; return m }

func (m made) good(lifetime time.Duration) made { m.presign = lifetime; return m }

// request is the request as it is sent.
func (m made) request(t *testing.T, host string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), m.method, "http://"+host+m.target, strings.NewReader(m.body))
	if err != nil {
		t.Fatal(err)
	}
	if m.body == "" {
		r.Body = http.NoBody
	}
	for i := 0; i < len(m.header); i += 2 {
		r.Header.Add(m.header[i], m.header[i+1])
	}
	sum := sha256.Sum256([]byte(m.body))
	hash := hex.EncodeToString(sum[:])
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = m.service == "s3" })
	who := aws.Credentials{AccessKeyID: m.key.ID, SecretAccessKey: m.key.Secret}
	switch {
	case m.key.ID == "":
	case m.presign != 0:
		q := r.URL.Query()
		q.Set("X-Amz-Expires", fmt.Sprint(int(m.presign.Seconds())))
		r.URL.RawQuery = q.Encode()
		if m.service == "s3" {
			hash = "UNSIGNED-PAYLOAD"
		}
		link, _, err := signer.PresignHTTP(t.Context(), who, r, hash, m.service, testRegion, time.Now().Add(-m.age))
		if err != nil {
			t.Fatal(err)
		}
		if r.URL, err = url.Parse(link); err != nil {
			t.Fatal(err)
		}
	default:
		if m.service == "s3" {
			r.Header.Set("X-Amz-Content-Sha256", hash)
		}
		if err := signer.SignHTTP(t.Context(), who, r, hash, m.service, testRegion, time.Now().Add(-m.age)); err != nil {
			t.Fatal(err)
		}
	}
	if m.after != nil {
		m.after(r)
	}
	return r
}

// raw is the request as bytes.
func (m made) raw(t *testing.T, host string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.request(t, host).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// An outcome is what came back.
type outcome struct {
	status    int
	body      string
	requestID string
	header    http.Header
}

func outcomeOf(r *http.Response) (outcome, error) {
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	id := r.Header.Get("X-Amzn-Requestid")
	if id == "" {
		id = r.Header.Get("X-Amz-Request-Id")
	}
	return outcome{r.StatusCode, string(body), id, r.Header}, err
}

func (w *world) send(t *testing.T, r *http.Request) outcome {
	t.Helper()
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	o, err := outcomeOf(answer)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// sendRaw sends bytes as they are, over a connection of their own.
func (w *world) sendRaw(t *testing.T, text []byte) outcome {
	t.Helper()
	c, err := net.Dial("tcp", w.host)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		_, _ = c.Write(text) // the server may close before it has read all
	}()
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	o, err := outcomeOf(answer)
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	<-wrote
	return o
}

// things are what there is, so that a test can tell that nothing came or went.
func (w *world) things() string {
	w.t.Helper()
	ctx := w.t.Context()
	var all []string
	topics, err := w.sns(testRoot).ListTopics(ctx, &awssns.ListTopicsInput{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, one := range topics.Topics {
		all = append(all, *one.TopicArn)
	}
	buckets, err := w.s3(testRoot).ListBuckets(ctx, &awss3.ListBucketsInput{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, one := range buckets.Buckets {
		objects, err := w.s3(testRoot).ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: one.Name})
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, *one.Name)
		for _, o := range objects.Contents {
			all = append(all, *one.Name+"/"+*o.Key)
		}
	}
	users, err := w.iam().ListUsers(ctx, &awsiam.ListUsersInput{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, one := range users.Users {
		all = append(all, *one.UserName)
	}
	view(w.t, w.app, func(tx *state.Tx) error {
		theirs, err := tx.Subscriptions(ctx, otherTopic)
		all = append(all, fmt.Sprint(len(theirs)))
		return err
	})
	return strings.Join(all, "\n")
}

// An event is what LookupEvents tells of a call.
type recordedCall struct {
	ErrorCode       string `json:"errorCode"`
	EventSource     string `json:"eventSource"`
	EventName       string `json:"eventName"`
	RequestID       string `json:"requestID"`
	SourceIPAddress string `json:"sourceIPAddress"`
}

// recorded are the calls that LookupEvents finds, by request id.
func (w *world) recorded() map[string]recordedCall {
	w.t.Helper()
	found := map[string]recordedCall{}
	pages := awscloudtrail.NewLookupEventsPaginator(awscloudtrail.NewFromConfig(w.config(testRoot)), &awscloudtrail.LookupEventsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range page.Events {
			var one recordedCall
			if err := json.Unmarshal([]byte(*e.CloudTrailEvent), &one); err != nil {
				w.t.Fatal(err)
			}
			found[one.RequestID] = one
		}
	}
	return found
}

func gzipped(n int) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(make([]byte, n)) // into memory
	_ = z.Close()
	return b.String()
}

// chunkedUpload is the body of an upload in signed chunks whose signatures are wrong.
const wrongChunks = "3;chunk-signature=0000000000000000000000000000000000000000000000000000000000000000\r\nabc\r\n0;chunk-signature=0000000000000000000000000000000000000000000000000000000000000000\r\n\r\n"

// Every way to get in that is none: AWS's error in the right form, an event that
// tells of it, and nothing changed.
func TestNobodyGetsIn(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	few := w.user("few", "")
	forbidden := w.user("forbidden", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"sns:CreateTopic","Resource":"*"}]}`)
	admin := w.user("admin", allowAll)
	off := w.user("off", allowAll)
	if _, err := w.iam().UpdateAccessKey(ctx, &awsiam.UpdateAccessKeyInput{UserName: aws.String("off"), AccessKeyId: &off.ID, Status: iamtypes.StatusTypeInactive}); err != nil {
		t.Fatal(err)
	}
	fromHome := w.user("home", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}]}`)
	if _, err := w.s3(testRoot).CreateBucket(ctx, &awss3.CreateBucketInput{
		Bucket: aws.String("mine"), CreateBucketConfiguration: bucketIn(),
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s3(testRoot).PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("mine"), Key: aws.String("k"), Body: strings.NewReader("v")}); err != nil {
		t.Fatal(err)
	}

	const create = "Action=CreateTopic&Version=2010-03-31&Name=evil"
	logs := jsonCall("Logs_20140328.CreateLogGroup", `{"logGroupName":"evil"}`)
	alarm := cborCall("DescribeAlarms", "\xa0")
	stranger := RootKey{"AKIASTRANGER00000000", testRoot.Secret}
	guess := RootKey{testRoot.ID, "guessed-and-wrong"}
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	body := func(text string) func(*http.Request) {
		return func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
		}
	}
	twice := func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }
	alsoInQuery := func(r *http.Request) {
		r.URL.RawQuery += "&X-Amz-Signature=0&X-Amz-Credential=" + url.QueryEscape(testRoot.ID+"/20260101/eu-central-1/sns/aws4_request")
	}
	deep := strings.Repeat("[", 100000)

	// Silent are refusals that leave no event: data events that no trail wants.
	const silent = "-"
	before := w.things()
	sent := map[string]struct{ name, code string }{}
	for _, c := range []struct {
		name   string
		m      made
		status int
		code   string
		event  string // the code in the event, when it is not the same
	}{
		{"Query: unknown key", query(create).as(stranger), 403, "InvalidClientTokenId", ""},
		{"JSON: unknown key", logs.as(stranger), 400, "UnrecognizedClientException", ""},
		{"CBOR: unknown key", alarm.as(stranger), 400, "UnrecognizedClientException", ""},
		{"S3: unknown key", s3Call("GET", "/", "").as(stranger), 403, "InvalidAccessKeyId", ""},
		{"S3: unknown key makes a bucket", s3Call("PUT", "/evil", "").as(stranger), 403, "InvalidAccessKeyId", ""},
		{"Query: wrong secret", query(create).as(guess), 403, "SignatureDoesNotMatch", ""},
		{"JSON: wrong secret", logs.as(guess), 400, "InvalidSignatureException", ""},
		{"CBOR: wrong secret", alarm.as(guess), 400, "InvalidSignatureException", ""},
		{"S3: wrong secret", s3Call("PUT", "/evil", "").as(guess), 403, "SignatureDoesNotMatch", ""},
		{"Query: deactivated key", query(create).as(off), 403, "InvalidClientTokenId", ""},
		{"S3: deactivated key", s3Call("PUT", "/evil", "").as(off), 403, "InvalidAccessKeyId", ""},

		{"Query: replayed", query(create).old(6 * time.Minute), 403, "SignatureDoesNotMatch", ""},
		{"Query: ahead", query(create).old(-6 * time.Minute), 403, "SignatureDoesNotMatch", ""},
		{"JSON: replayed", logs.old(6 * time.Minute), 400, "InvalidSignatureException", ""},
		{"CBOR: replayed", alarm.old(6 * time.Minute), 400, "InvalidSignatureException", ""},
		{"S3: replayed", s3Call("PUT", "/evil", "").old(16 * time.Minute), 403, "RequestTimeTooSkewed", ""},
		{"S3: expired link", s3Call("GET", "/mine/k", "").good(time.Minute).old(2 * time.Minute), 403, "AccessDenied", silent},
		{"S3: link changed to write", s3Call("GET", "/mine/k", "").good(time.Minute).then(func(r *http.Request) { r.Method = "DELETE" }), 403, "SignatureDoesNotMatch", silent},
		{"S3: link changed to another key", s3Call("GET", "/mine/k", "").good(time.Minute).then(func(r *http.Request) { r.URL.Path = "/mine/other" }), 403, "SignatureDoesNotMatch", silent},
		{"Query: expired link", made{method: "GET", target: "/?" + create, key: testRoot, service: "sns"}.good(time.Minute).old(2 * time.Minute), 403, "SignatureDoesNotMatch", ""},
		{"Query: link for too long", made{method: "GET", target: "/?" + create, key: testRoot, service: "sns"}.good(8 * 24 * time.Hour), 400, "AuthorizationQueryParametersError", ""},

		{"Query: changed body", query("Action=ListTopics&Version=2010-03-31").then(body(create)), 403, "SignatureDoesNotMatch", ""},
		{"JSON: changed body", logs.then(body(`{"logGroupName":"worse"}`)), 400, "InvalidSignatureException", ""},
		{"CBOR: changed body", alarm.then(body("\xbf\xff")), 400, "InvalidSignatureException", ""},
		{"S3: changed body", s3Call("PUT", "/mine/evil", "abc").then(body("abd")), 400, "XAmzContentSHA256Mismatch", silent},
		{"S3: wrong chunks", s3Call("PUT", "/mine/evil", wrongChunks, "X-Amz-Decoded-Content-Length", "3", "Content-Encoding", "aws-chunked").
			then(set("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD")), 403, "SignatureDoesNotMatch", silent},
		{"JSON: changed operation", jsonCall("Logs_20140328.DescribeLogGroups", `{"logGroupName":"evil"}`).then(set("X-Amz-Target", "Logs_20140328.CreateLogGroup")), 400, "InvalidSignatureException", ""},
		{"Query: changed query", query("Version=2010-03-31&Name=evil").then(func(r *http.Request) { r.URL.RawQuery = "Action=CreateTopic" }), 403, "SignatureDoesNotMatch", ""},
		{"S3: changed header", s3Call("PUT", "/mine/evil", "v", "X-Amz-Acl", "private").then(set("X-Amz-Acl", "public-read")), 403, "SignatureDoesNotMatch", silent},
		{"S3: added header", s3Call("PUT", "/mine/evil", "v").then(set("X-Amz-Copy-Source", "/mine/k")), 403, "AccessDenied", silent},
		{"Query: added header", query(create).then(set("X-Amz-Security-Token", "x")), 403, "SignatureDoesNotMatch", ""},
		{"Query: changed host", query(create).then(func(r *http.Request) { r.Host = "elsewhere.example" }), 403, "SignatureDoesNotMatch", ""},
		{"Query: a session token that belongs to nothing", query(create).with("X-Amz-Security-Token", "x"), 403, "InvalidClientTokenId", ""},

		{"Query: signed for another service", query(create).to("logs"), 403, "SignatureDoesNotMatch", ""},
		{"Query: signed for S3", query(create).to("s3").then(func(*http.Request) {}), 405, "MethodNotAllowed", ""},
		{"JSON: signed for another service", logs.to("sns"), 400, "InvalidSignatureException", ""},
		{"CBOR: signed for another service", alarm.to("logs"), 400, "InvalidSignatureException", ""},

		{"Query: no action", query("Version=2010-03-31"), 400, "MissingAction", ""},
		{"Query: unknown action", query("Action=Nothing&Version=2010-03-31"), 400, "InvalidAction", ""},
		{"JSON: unknown operation", jsonCall("Logs_20140328.Nothing", "{}"), 400, "UnknownOperationException", ""},
		{"JSON: unknown service", jsonCall("Nothing.Nothing", "{}"), 400, "UnknownOperationException", silent},
		{"CBOR: unknown operation", cborCall("Nothing", "\xa0"), 400, "UnknownOperationException", ""},
		{"CBOR: a Go method that is no operation", cborCall("Needs", "\xa0"), 400, "UnknownOperationException", ""},
		{"S3: unknown subresource", s3Call("PUT", "/mine?analytics&id=1", ""), 501, "NotImplemented", ""},
		{"S3: method that there is not", s3Call("PATCH", "/mine", ""), 405, "MethodNotAllowed", ""},

		{"Query: no rights", query(create).as(few), 403, "AuthorizationError", ""},
		{"JSON: no rights", logs.as(few), 400, "AccessDeniedException", ""},
		{"CBOR: no rights", alarm.as(few), 400, "AccessDeniedException", ""},
		{"S3: no rights", s3Call("PUT", "/evil", "").as(few), 403, "AccessDenied", ""},
		{"Query: deny beats allow", query(create).as(forbidden), 403, "AuthorizationError", ""},
		{"another's topic without policy", query("Action=Publish&Version=2010-03-31&Message=m&TopicArn=" + otherTopic).as(admin), 403, "AuthorizationError", silent},
		{"another's topic, as root", query("Action=DeleteTopic&Version=2010-03-31&TopicArn=" + otherTopic), 403, "AuthorizationError", ""},
		{"subscribing to another's topic", query("Action=Subscribe&Version=2010-03-31&Protocol=email&Endpoint=a%40example.com&TopicArn=" + otherTopic), 403, "AuthorizationError", ""},
		{"X-Forwarded-For is not believed", query(create).as(fromHome).with("X-Forwarded-For", "203.0.113.9", "X-Real-Ip", "203.0.113.9", "Forwarded", "for=203.0.113.9"), 403, "AuthorizationError", ""},

		{"Query: unsigned", query(create).unsigned(), 403, "MissingAuthenticationToken", ""},
		{"Query: unsigned GET", made{method: "GET", target: "/?" + create}, 403, "AccessDenied", ""},
		{"JSON: unsigned", logs.unsigned(), 400, "MissingAuthenticationTokenException", ""},
		{"CBOR: unsigned", alarm.unsigned(), 400, "MissingAuthenticationTokenException", ""},
		{"S3: unsigned list", s3Call("GET", "/", "").unsigned(), 403, "AccessDenied", ""},
		{"S3: unsigned read", s3Call("GET", "/mine/k", "").unsigned(), 403, "AccessDenied", silent},
		{"S3: unsigned write", s3Call("PUT", "/mine/evil", "v").unsigned(), 403, "AccessDenied", silent},
		{"S3: unsigned bucket", s3Call("PUT", "/evil", "").unsigned(), 403, "AccessDenied", ""},
		{"S3: unsigned delete", s3Call("DELETE", "/mine", "").unsigned(), 403, "AccessDenied", ""},
		{"S3: signature version 2", s3Call("GET", "/mine/k", "", "Authorization", "AWS a:b").unsigned(), 400, "InvalidRequest", silent},

		{"Query: two Authorization headers", query(create).then(twice), 400, "IncompleteSignature", ""},
		{"S3: two Authorization headers", s3Call("PUT", "/evil", "").then(twice), 400, "AuthorizationHeaderMalformed", ""},
		{"Query: in header and query", query(create).then(alsoInQuery), 400, "IncompleteSignature", ""},
		{"Query: nonsense for a signature", query(create).then(set("Authorization", "AWS4-HMAC-SHA256 x")), 400, "IncompleteSignature", ""},
		{"Query: a password", query(create).then(set("Authorization", "Basic cm9vdDpyb290")), 400, "IncompleteSignature", ""},

		{"JSON: not JSON", jsonCall("Logs_20140328.CreateLogGroup", `{"logGroupName":`), 400, "SerializationException", ""},
		{"JSON: another type", jsonCall("Logs_20140328.CreateLogGroup", `{"logGroupName":{"a":1}}`), 400, "SerializationException", ""},
		{"JSON: too deep", jsonCall("Logs_20140328.CreateLogGroup", `{"x":`+deep), 400, "SerializationException", ""},
		{"JSON: a huge number", jsonCall("Logs_20140328.PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":1e999}`), 400, "SerializationException", ""},
		{"JSON: a number with many digits", jsonCall("Logs_20140328.PutRetentionPolicy", `{"logGroupName":"g","retentionInDays":`+strings.Repeat("9", 1<<20)+`}`), 400, "SerializationException", ""},
		{"CBOR: cut short", cborCall("PutMetricData", "\xbf\x69Namespace"), 400, "SerializationException", silent},
		{"CBOR: a length of everything", cborCall("PutMetricData", "\xbf\x69Namespace\x7b\xff\xff\xff\xff\xff\xff\xff\xff"), 400, "SerializationException", silent},
		{"CBOR: too deep", cborCall("PutMetricData", "\xbf\x61x"+strings.Repeat("\x81", 100000)), 400, "SerializationException", silent},
		{"Query: bad escape", query("Action=CreateTopic&Version=2010-03-31&Name=%zz"), 404, "MalformedQueryString", ""},
		{"Query: an index of everything", query(create + "&Tags.member.999999999.Key=a"), 400, "ValidationError", ""},
		{"Query: too deep", query(create + "&Tags.member" + strings.Repeat(".1", 10000) + "=a"), 404, "MalformedQueryString", ""},
		{"XML: not XML", s3Call("PUT", "/mine?tagging", "<Tagging><"), 400, "MalformedXML", ""},
		{"XML: too deep", s3Call("PUT", "/mine?tagging", strings.Repeat("<a>", 10000)), 400, "MalformedXML", ""},
		{"XML: entities", s3Call("PUT", "/mine?tagging", `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Tagging><TagSet><Tag><Key>a</Key><Value>&b;</Value></Tag></TagSet></Tagging>`), 400, "MalformedXML", ""},
		{"S3: chunks that are none", s3Call("PUT", "/mine/evil", "zz\r\n").with("X-Amz-Decoded-Content-Length", "3").unsigned().then(set("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")), 403, "AccessDenied", silent},

		{"Query: too large", query(create + "&X=" + strings.Repeat("x", 11<<20)), 413, "RequestEntityTooLarge", ""},
		{"JSON: too large", jsonCall("Logs_20140328.CreateLogGroup", `{"x":"`+strings.Repeat("x", 11<<20)+`"}`), 413, "RequestEntityTooLargeException", ""},
		{"JSON: inflates", jsonCall("Logs_20140328.PutLogEvents", gzipped(200<<20)).with("Content-Encoding", "gzip"), 413, "RequestEntityTooLargeException", silent},
		{"JSON: no gzip", jsonCall("Logs_20140328.PutLogEvents", "{}").with("Content-Encoding", "gzip"), 400, "SerializationException", silent},

		{"S3: no bucket", s3Call("GET", "//k", "").then(func(r *http.Request) { r.URL.Opaque = "//" + w.host + "//k" }), 400, "InvalidBucketName", silent},
		{"S3: dots for a bucket", s3Call("PUT", "/..", ""), 400, "InvalidBucketName", ""},
		{"S3: a slash in a bucket", s3Call("PUT", "/a%2fb", ""), 404, "NoSuchBucket", silent},
		{"S3: control characters for a bucket", s3Call("PUT", "/%00%0a%7f", ""), 400, "InvalidBucketName", ""},
		{"S3: a bucket in the host, and none", s3Call("PUT", "/evil", "").then(func(r *http.Request) { r.Host = "evil.localhost" }), 403, "SignatureDoesNotMatch", silent},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &world{t, w.app, w.host}
			got := w.send(t, c.m.request(t, w.host))
			if got.status != c.status || !strings.Contains(got.body, c.code) {
				t.Errorf("%d %.300q, want %d %s", got.status, got.body, c.status, c.code)
			}
			if got.requestID == "" {
				t.Error("no request id")
			}
			if strings.Contains(got.body, testRoot.Secret) {
				t.Error("the answer tells the secret")
			}
			event := c.event
			if event == "" {
				event = c.code
			}
			if event != silent {
				sent[got.requestID] = struct{ name, code string }{c.name, event}
			}
		})
	}
	if after := w.things(); after != before {
		t.Errorf("there was\n%s\nand now is\n%s", before, after)
	}
	calls := w.recorded()
	for id, want := range sent {
		got, ok := calls[id]
		if !ok {
			t.Errorf("%s: no event", want.name)
			continue
		}
		if got.ErrorCode == "" || got.EventSource == "" || got.EventName == "" || got.SourceIPAddress != "127.0.0.1" {
			t.Errorf("%s: %+v", want.name, got)
		}
	}
	told := sample(t, w.app)
	if told[`tocsin_calls_total{result="refused",service="s3"}`] == 0 || told[`tocsin_calls_total{result="error",service="sns"}`] == 0 ||
		told[`tocsin_refused_calls_total{code="SignatureDoesNotMatch"}`] == 0 || told[`tocsin_calls_total{result="ok",service="iam"}`] == 0 {
		t.Errorf("the metrics do not tell: %v", told)
	}
	for name, n := range told {
		if strings.Contains(name, `result="failed"`) && n != 0 {
			t.Errorf("%s is %v", name, n)
		}
	}
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 300<<20 {
		t.Errorf("%d MB are held", m.HeapAlloc>>20)
	}
}

// Refusals of those whom nobody knows cost their senders nothing: they are answered
// all, and recorded at a rate.
func TestManyStrangers(t *testing.T) {
	w := newWorld(t)
	const calls = 400
	stranger := jsonCall("Logs_20140328.CreateLogGroup", `{"logGroupName":"evil"}`).as(RootKey{"AKIASTRANGER00000000", "x"})
	began := time.Now()
	for range calls {
		if got := w.send(t, stranger.request(t, w.host)); got.status != http.StatusBadRequest {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	allowed := 110 + 10*int(time.Since(began).Seconds()+1)
	recorded := 0
	for _, one := range w.recorded() {
		if one.ErrorCode != "" {
			recorded++
		}
	}
	if recorded < 50 || recorded > allowed {
		t.Errorf("%d of %d refusals are recorded; at most %d should be", recorded, calls, allowed)
	}
}
