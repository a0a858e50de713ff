package wire

import (
	"errors"
	"net/http"
	"reflect"

	"github.com/aws/smithy-go"

	"tocsin/wire/sigv4"
)

// A fault is an error as it is answered.
type fault struct {
	code      string // in JSON and CBOR
	queryCode string
	status    int // in JSON and CBOR
	queryForm int // status in Query
	message   string
	receiver  bool // whose fault it is: ours

	// The modelled error, if it is one.
	plan  *plan
	value reflect.Value
}

// A twin is an error of all services, which is called differently in Query
// (IAM User Guide, "Common error types") and in the other protocols.
type twin struct {
	query, other string
	queryStatus  int
	otherStatus  int
}

var twins = []twin{
	{"AccessDenied", "AccessDeniedException", 403, 400},
	{"ExpiredToken", "ExpiredTokenException", 403, 400},
	{"IncompleteSignature", "IncompleteSignatureException", 400, 400},
	{"InternalFailure", "InternalFailure", 500, 500},
	{"InvalidAction", "UnknownOperationException", 400, 400},
	{"InvalidClientTokenId", "UnrecognizedClientException", 403, 400},
	{"MalformedInput", "SerializationException", 400, 400},
	{"MalformedQueryString", "SerializationException", 404, 400},
	{"MissingAuthenticationToken", "MissingAuthenticationTokenException", 403, 400},
	{"RequestEntityTooLarge", "RequestEntityTooLargeException", 413, 413},
	{"ServiceUnavailable", "ServiceUnavailableException", 503, 503},
	{"SignatureDoesNotMatch", "InvalidSignatureException", 403, 400},
	{"Throttling", "ThrottlingException", 400, 400},
	{"UnsupportedOperation", "UnsupportedOperationException", 400, 400},
	{"ValidationError", "ValidationException", 400, 400},
}

// refusal is an error of all services, by its name in Query.
func refusal(queryCode, message string) error {
	return &smithy.GenericAPIError{Code: queryCode, Message: message}
}

// faultOf tells how err is answered by s, which is nil when it is not known
// what service was meant. An error that does not know its code is InternalFailure; what it
// says stays here.
func faultOf(s *service, err error) (f fault, internal bool) {
	if signature := (*sigv4.Error)(nil); errors.As(err, &signature) {
		f = fault{code: signature.Code, queryCode: signature.Code, message: signature.Message, queryForm: signature.Status, status: http.StatusBadRequest}
		return f.twinned(), false
	}
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == "" {
		f = fault{code: "InternalFailure", queryCode: "InternalFailure", status: 500, queryForm: 500, receiver: true}
		return f, true
	}
	f = fault{code: api.ErrorCode(), queryCode: api.ErrorCode(), message: api.ErrorMessage(), receiver: api.ErrorFault() == smithy.FaultServer}
	f.status = http.StatusBadRequest
	if f.receiver {
		f.status = http.StatusInternalServerError
	}
	f.queryForm = f.status
	v := reflect.ValueOf(api)
	if _, generic := api.(*smithy.GenericAPIError); generic || s == nil || v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return f.twinned(), false
	}
	f.model(s, v)
	return f, false
}

// twinned gives an error of all services its two names.
func (f fault) twinned() fault {
	for _, t := range twins {
		if f.code == t.query || f.code == t.other {
			f.code, f.queryCode = t.other, t.query
			f.status, f.queryForm = t.otherStatus, t.queryStatus
			f.receiver = t.queryStatus >= http.StatusInternalServerError
			break
		}
	}
	return f
}

// model fills in what the model says of an SDK's error type. Its name in JSON and
// CBOR, which clients tell types by, is the modelled one even if the
// error's code is overridden.
func (f *fault) model(s *service, v reflect.Value) {
	overridden := f.code
	if zero, ok := reflect.New(v.Type().Elem()).Interface().(smithy.APIError); ok {
		f.code = zero.ErrorCode()
	}
	form := s.model.Errors[f.code]
	if form.Status != 0 {
		f.queryForm = form.Status
	}
	switch {
	case overridden != f.code:
		f.queryCode = overridden
	case form.Code != "":
		f.queryCode = form.Code
	}
	// An error type of somebody else's may hold what has no form; its code and message do.
	if p, err := s.plan(v.Type().Elem()); err == nil {
		f.plan, f.value = p, v.Elem()
	}
}

// kind is Query's word for whose fault it is.
func (f fault) kind() string {
	if f.receiver {
		return "Receiver"
	}
	return "Sender"
}
