package cloudtrail

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// hidden stands for what must not be in a log.
const hidden = "HIDDEN_DUE_TO_SECURITY_REASONS"

// What is secret, by the name of the member, or by service.Type.Member. Of what
// is left out CloudTrail shows nothing at all; for the rest stands hidden.
var (
	leftOut = map[string]bool{
		"SecretAccessKey": true, "Password": true, "NewPassword": true, "OldPassword": true, // as in records of IAM
	}
	secret = map[string]bool{
		"SessionToken": true, "ServicePassword": true, "ServiceCredentialSecret": true, "PrivateKey": true, "AddPrivateKey": true, "Base32StringSeed": true,
		"QRCodePNG": true, "WebIdentityToken": true, "SAMLAssertion": true, "TokenCode": true, "AuthenticationCode1": true, "AuthenticationCode2": true,
		"TradeInToken":                                         true,
		"sns.ConfirmSubscriptionInput.Token":                   true,
		"sns.PublishInput.Message":                             true,
		"sns.PublishInput.MessageAttributes":                   true,
		"sns.PublishInput.Subject":                             true,
		"sns.PublishBatchRequestEntry.Message":                 true,
		"sns.PublishBatchRequestEntry.MessageAttributes":       true,
		"sns.PublishBatchRequestEntry.Subject":                 true,
		"sns.VerifySMSSandboxPhoneNumberInput.OneTimePassword": true,
		"cloudwatchlogs.InputLogEvent.Message":                 true,
	}
)

// addresses are members that may be a URL with a secret in it: of one only the
// scheme and the host are shown.
var addresses = map[string]bool{"sns.SubscribeInput.Endpoint": true, "cloudwatchlogs.PutSubscriptionFilterInput.DestinationArn": true}

// Parameters is an input or output of the SDK as CloudTrail shows it in
// requestParameters and responseElements: names with a small first letter, what
// is not given left out, secrets hidden; nil when nothing is left. It encodes to JSON.
func Parameters(input any) any {
	if input == nil {
		return nil
	}
	v := reflect.ValueOf(input)
	shown, ok := show(v)
	if !ok {
		return nil
	}
	if o, is := shown.(object); is && len(o) == 0 {
		return nil
	}
	return shown
}

// An object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{m.name, m.value} {
			encoded, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			if j > 0 {
				b.WriteByte(':')
			}
			b.Write(encoded)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

var (
	timeType  = reflect.TypeFor[time.Time]()
	bytesType = reflect.TypeFor[[]byte]()
)

// clock is how CloudTrail writes times in parameters: as Java's default format.
const clock = "Jan 2, 2006 3:04:05 PM"

// show is a value; false when there is none.
func show(v reflect.Value) (any, bool) {
	switch v.Kind() {
	case reflect.Invalid:
		return nil, false
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, false
		}
		if v.Kind() == reflect.Interface && v.Elem().Kind() == reflect.Pointer && v.Elem().Elem().Kind() == reflect.Struct {
			return showUnion(v.Elem().Elem())
		}
		return show(v.Elem())
	case reflect.Struct:
		if v.Type() == timeType {
			return v.Interface().(time.Time).UTC().Format(clock), true
		}
		return showStruct(v), true
	case reflect.Slice:
		if v.IsNil() {
			return nil, false
		}
		if v.Type() == bytesType {
			return base64.StdEncoding.EncodeToString(v.Bytes()), true
		}
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			one, _ := show(v.Index(i))
			list = append(list, one)
		}
		return list, true
	case reflect.Map:
		return showMap(v)
	case reflect.String:
		return v.String(), true
	case reflect.Bool:
		return v.Bool(), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), true
	case reflect.Float32, reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return strconv.FormatFloat(f, 'g', -1, 64), true
		}
		return v.Float(), true
	default: // streams, and what has no form
		return nil, false
	}
}

func showMap(v reflect.Value) (any, bool) {
	if v.IsNil() || v.Type().Key().Kind() != reflect.String {
		return nil, false
	}
	o := make(object, 0, v.Len())
	for _, key := range v.MapKeys() {
		one, _ := show(v.MapIndex(key))
		o = append(o, member{key.String(), one})
	}
	slices.SortFunc(o, func(a, b member) int { return strings.Compare(a.name, b.name) })
	return o, true
}

// showUnion is a member of a union: TypeMemberName{Value}.
func showUnion(v reflect.Value) (any, bool) {
	_, name, ok := strings.Cut(v.Type().Name(), "Member")
	inner := v.FieldByName("Value")
	if !ok || !inner.IsValid() {
		return showStruct(v), true
	}
	one, _ := show(inner)
	return object{{lower(name), one}}, true
}

func showStruct(v reflect.Value) object {
	o := object{}
	t := v.Type()
	pkg := strings.TrimSuffix(t.PkgPath(), "/types")
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" || leftOut[f.Name] {
			continue
		}
		// An enum that is not given is an empty text.
		if f.Type.Kind() == reflect.String && v.Field(i).Len() == 0 {
			continue
		}
		one, ok := show(v.Field(i))
		if !ok {
			continue
		}
		full := path.Base(pkg) + "." + t.Name() + "." + f.Name
		switch {
		case secret[f.Name] || secret[full]:
			one = hidden
		case addresses[full]:
			one = withoutPath(one)
		}
		o = append(o, member{lower(f.Name), one})
	}
	return o
}

// withoutPath shows of a URL the scheme and the host alone.
func withoutPath(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	scheme, rest, isURL := strings.Cut(s, "://")
	if !isURL {
		return v
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	host = host[strings.LastIndexByte(host, '@')+1:]
	return scheme + "://" + host + "/" + hidden
}

// lower is a name as CloudTrail writes it.
func lower(name string) string {
	r, n := utf8.DecodeRuneInString(name)
	return string(unicode.ToLower(r)) + name[n:]
}
