package model_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwschemas "github.com/aws/aws-sdk-go-v2/service/cloudwatch/schemas"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
	"github.com/aws/smithy-go/transport/http/protocol/awsquery"

	"tocsin/internal/sdkhttp"
	"tocsin/wire"
	"tocsin/wire/model"
	"tocsin/wire/sigv4"
)

// A far is the service of a test: a client of the SDK has a service's very
// methods, and its middleware keeps each input and gives what the test wants back.
type far struct {
	in, out any
	err     error
}

func (f *far) answer(stack *middleware.Stack) error {
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("far",
		func(_ context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			f.in = in.Parameters
			return middleware.InitializeOutput{Result: f.out}, middleware.Metadata{}, f.err
		}), middleware.Before)
}

// unchecked lets a client send what lacks required members.
func unchecked(stack *middleware.Stack) error {
	if _, ok := stack.Initialize.Get("OperationInputValidation"); !ok {
		return nil
	}
	_, err := stack.Initialize.Remove("OperationInputValidation")
	return err
}

// A dialect is a service in one of its protocols.
type dialect struct {
	name   string
	model  wire.Model
	errors []smithy.APIError
	xml    bool
	client func(endpoint string, do aws.HTTPClient, o func(*middleware.Stack) error) any
}

func key() aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
	})
}

func dialects() []dialect {
	const region = "eu-central-1"
	watch := func(p smithyhttp.ClientProtocol) func(string, aws.HTTPClient, func(*middleware.Stack) error) any {
		return func(url string, do aws.HTTPClient, o func(*middleware.Stack) error) any {
			return cloudwatch.New(cloudwatch.Options{Region: region, RequestMinCompressSizeBytes: 1, BaseEndpoint: &url, HTTPClient: do, Credentials: key(), Retryer: aws.NopRetryer{}, APIOptions: []func(*middleware.Stack) error{o}},
				func(o *cloudwatch.Options) {
					if p != nil {
						o.Protocol = p
					}
				})
		}
	}
	return []dialect{
		{"cloudtrail", model.CloudTrail(), cloudtrailErrors, false, func(url string, do aws.HTTPClient, o func(*middleware.Stack) error) any {
			return cloudtrail.New(cloudtrail.Options{Region: region, BaseEndpoint: &url, HTTPClient: do, Credentials: key(), Retryer: aws.NopRetryer{}, APIOptions: []func(*middleware.Stack) error{o}})
		}},
		{"cloudwatchlogs", model.CloudWatchLogs(), logsErrors, false, func(url string, do aws.HTTPClient, o func(*middleware.Stack) error) any {
			return cloudwatchlogs.New(cloudwatchlogs.Options{Region: region, BaseEndpoint: &url, HTTPClient: do, Credentials: key(), Retryer: aws.NopRetryer{}, APIOptions: []func(*middleware.Stack) error{o}})
		}},
		{"cloudwatch-cbor", model.CloudWatch(), cloudwatchErrors, false, watch(nil)},
		{"cloudwatch-json", model.CloudWatch(), cloudwatchErrors, false, watch(awsjson.New10(cwschemas.GraniteServiceVersion20100801))},
		{"cloudwatch-query", model.CloudWatch(), cloudwatchErrors, true, watch(awsquery.New(cwschemas.GraniteServiceVersion20100801))},
		{"sns", model.SNS(), snsErrors, true, func(url string, do aws.HTTPClient, o func(*middleware.Stack) error) any {
			return sns.New(sns.Options{Region: region, BaseEndpoint: &url, HTTPClient: do, Credentials: key(), Retryer: aws.NopRetryer{}, APIOptions: []func(*middleware.Stack) error{o}})
		}},
		{"iam", model.IAM(), iamErrors, true, func(url string, do aws.HTTPClient, o func(*middleware.Stack) error) any {
			return iam.New(iam.Options{Region: region, BaseEndpoint: &url, HTTPClient: do, Credentials: key(), Retryer: aws.NopRetryer{}, APIOptions: []func(*middleware.Stack) error{o}})
		}},
		{"sts", model.STS(), stsErrors, true, func(url string, do aws.HTTPClient, o func(*middleware.Stack) error) any {
			return sts.New(sts.Options{Region: region, BaseEndpoint: &url, HTTPClient: do, Credentials: key(), Retryer: aws.NopRetryer{}, APIOptions: []func(*middleware.Stack) error{o}})
		}},
	}
}

// operations gives the methods of a client that are operations with plain answers.
func operations(client any) map[string]reflect.Value {
	found := map[string]reflect.Value{}
	v := reflect.ValueOf(client)
	for i := range v.NumMethod() {
		t := v.Method(i).Type()
		if t.NumOut() != 2 || t.NumIn() != 3 {
			continue
		}
		if _, stream := t.Out(0).MethodByName("GetStream"); !stream {
			found[v.Type().Method(i).Name] = v.Method(i)
		}
	}
	return found
}

// all is an endpoint with every service, so that it must also tell them apart.
func all(t *testing.T, f *far) *wire.Handler {
	t.Helper()
	verifier := &sigv4.Verifier{
		Secret: func(context.Context, string) (string, bool, error) { return "secret", true, nil },
		Now:    time.Now, MaxBody: wire.DefaultMaxBody,
	}
	h, err := wire.New(wire.Options{
		Services: services(f),
		Admit: func(r *http.Request, call *wire.Call) (context.Context, error) {
			if unsigned[call.Operation] {
				return r.Context(), nil
			}
			signer, err := verifier.Verify(r)
			if err == nil && signer.Service != call.SigningName {
				err = fmt.Errorf("signed for %s, asks %s", signer.Service, call.SigningName)
			}
			return r.Context(), err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// unsigned are the operations that bring another proof than a signature.
var unsigned = map[string]bool{"AssumeRoleWithSAML": true, "AssumeRoleWithWebIdentity": true}

func services(f *far) []wire.Service {
	var services []wire.Service
	seen := map[string]bool{}
	for _, d := range dialects() {
		if !seen[d.model.Name] {
			seen[d.model.Name] = true
			services = append(services, wire.Service{Model: d.model, Methods: d.client("http://far.invalid", nil, f.answer)})
		}
	}
	return services
}

func call(method reflect.Value, in reflect.Value) (reflect.Value, error) {
	results := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), in})
	err, _ := results[1].Interface().(error)
	return results[0], err
}

// Every operation: a random input arrives equal, and so does a random output.
func TestRoundTrip(t *testing.T) {
	f := &far{}
	server := httptest.NewServer(all(t, f))
	defer server.Close()
	for _, d := range dialects() {
		t.Run(d.name, func(t *testing.T) {
			ops := operations(d.client(server.URL, sdkhttp.Client(server.Client()), unchecked))
			if len(ops) < 8 {
				t.Fatalf("only %d operations", len(ops))
			}
			for name, method := range ops {
				for seed := range uint64(6) {
					m := maker{rand.New(rand.NewPCG(seed, uint64(len(name)))), d.model, !d.xml}
					in, out := reflect.New(method.Type().In(1).Elem()), reflect.New(method.Type().Out(0).Elem())
					m.fill(in.Elem(), 0)
					m.fill(out.Elem(), 0)
					f.in, f.out, f.err = nil, out.Interface(), nil
					got, err := call(method, in)
					if err != nil {
						t.Errorf("%s, seed %d: %v", name, seed, err)
						continue
					}
					if diff := difference(in, reflect.ValueOf(f.in), !d.xml); diff != "" {
						t.Errorf("%s, seed %d: input%s", name, seed, diff)
					}
					if diff := difference(out, got, !d.xml); diff != "" {
						t.Errorf("%s, seed %d: output%s", name, seed, diff)
					}
				}
			}
		})
	}
}

// direct is an HTTP client without a network.
type direct struct{ http.Handler }

func (d direct) Do(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	r.Host = r.URL.Host
	d.ServeHTTP(w, r)
	return w.Result(), nil
}

// shared are the errors that have the code of another one in Query, so that
// clients, of AWS too, take them for that.
var shared = map[string]bool{"cloudwatch-query DashboardNotFoundError": true}

// Every modelled error arrives as its type, with all its members, at those
// operations that the SDK expects it of, and with code and message at the others.
func TestErrors(t *testing.T) {
	f := &far{}
	h := all(t, f)
	for _, d := range dialects() {
		t.Run(d.name, func(t *testing.T) {
			ops := operations(d.client("http://tocsin.test", direct{h}, unchecked))
			for i, zero := range d.errors {
				typed := false
				id := d.name + " " + reflect.TypeOf(zero).Elem().Name()
				for name, method := range ops {
					m := maker{rand.New(rand.NewPCG(uint64(i), uint64(len(name)))), d.model, !d.xml}
					want := reflect.New(reflect.TypeOf(zero).Elem())
					m.fill(want.Elem(), 0)
					message := m.text()
					want.Elem().FieldByName("Message").Set(reflect.ValueOf(&message))
					f.err = want.Interface().(error)
					_, err := call(method, reflect.New(method.Type().In(1).Elem()))
					got := reflect.New(want.Type())
					var generic *smithy.GenericAPIError
					var other smithy.APIError
					switch {
					case errors.As(err, got.Interface()):
						typed = true
						if diff := difference(want, got.Elem(), !d.xml); diff != "" {
							t.Errorf("%s, %T%s", name, zero, diff)
						}
					case errors.As(err, &generic) && generic.Message == message && !strings.Contains(generic.Code, "#"):
					case shared[id] && errors.As(err, &other) && other.ErrorMessage() == message:
					default:
						t.Errorf("%s, %T: %v", name, zero, err)
					}
					if typed && d.model.CBOR {
						break // these clients tell types by a table for all operations
					}
				}
				if !typed && !shared[id] {
					t.Errorf("%T never arrives as its type", zero)
				}
			}
		})
	}
}
