package wire

import (
	"net/http"
	"reflect"
	"strconv"
)

// A Protocol is how a request is written, and so its answer.
type Protocol int

// The protocols. Unclaimed is what belongs to none of them.
const (
	Unclaimed Protocol = iota
	JSON10
	JSON11
	Query
	CBOR
)

func (p Protocol) String() string {
	return [...]string{"unclaimed", "awsJson1_0", "awsJson1_1", "awsQuery", "rpcv2Cbor"}[p]
}

// An answer is a response before it is sent.
type answer struct {
	status      int
	contentType string
	header      [][2]string
	body        []byte
	stream      func(http.ResponseWriter) // sends the status and what comes in place of body
}

func (a answer) send(w http.ResponseWriter) {
	for _, h := range a.header {
		w.Header().Set(h[0], h[1])
	}
	if a.contentType != "" {
		w.Header().Set("Content-Type", a.contentType)
	}
	if a.stream != nil {
		a.stream(w)
		return
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	// A client that has gone does not hear the answer, which harms nobody here.
	_, _ = w.Write(a.body)
}

// start is an answer with what is the same for all of its protocol.
func (p Protocol) start(status int) answer {
	switch p {
	case JSON10:
		return answer{status: status, contentType: "application/x-amz-json-1.0"}
	case JSON11:
		return answer{status: status, contentType: "application/x-amz-json-1.1"}
	case CBOR:
		return answer{status: status, contentType: "application/cbor", header: [][2]string{{"Smithy-Protocol", "rpc-v2-cbor"}}}
	default:
		return answer{status: status, contentType: "text/xml"}
	}
}

// success is the answer with the output that v holds.
func success(p Protocol, s *service, op *operation, v reflect.Value, requestID string) (answer, error) {
	a := p.start(http.StatusOK)
	var err error
	switch p {
	case CBOR:
		w := &cborWriter{}
		err = encode(w, op.out, v)
		a.body = w.b
	case Query:
		w := &xmlWriter{}
		w.b = append(w.b, "<"+op.name+`Response xmlns="`+s.model.Namespace+`">`...)
		// Where AWS's model has no output at all AWS leaves the result out. The
		// Go types do not tell; all clients take it, and some need it when the output is empty.
		w.name = op.name + "Result"
		err = encode(w, op.out, v)
		w.b = append(w.b, "<ResponseMetadata><RequestId>"+requestID+"</RequestId></ResponseMetadata></"+op.name+"Response>\n"...)
		a.body = w.b
	default:
		w := &jsonWriter{}
		err = encode(w, op.out, v)
		a.body = w.b
	}
	return a, err
}

// answer is the answer with an error. queryMode says that a client of JSON or CBOR asked
// for Query's code, too.
func (f fault) answer(p Protocol, s *service, requestID string, queryMode bool) (answer, error) {
	switch p {
	case Unclaimed:
		// AWS's own words when no protocol takes a request.
		return answer{status: http.StatusNotFound, contentType: "text/xml", body: []byte("<UnknownOperationException/>\n")}, nil
	case Query:
		return f.queryAnswer(s, requestID)
	}
	a := p.start(f.status)
	if queryMode {
		a.status = f.queryForm
		a.header = append(a.header, [2]string{"X-Amzn-Query-Error", f.queryCode + ";" + f.kind()})
	}
	if p == CBOR {
		w := &cborWriter{}
		err := f.write(w, s)
		a.body = w.b
		return a, err
	}
	a.header = append(a.header, [2]string{"X-Amzn-ErrorType", f.code})
	w := &jsonWriter{}
	err := f.write(w, s)
	a.body = w.b
	return a, err
}

// write writes the members of an error, and its type.
func (f fault) write(w writer, s *service) error {
	w.object()
	w.member("__type")
	w.text(f.code)
	if f.plan != nil {
		if err := encodeMembers(w, f.plan, f.value); err != nil {
			return err
		}
	} else if f.message != "" {
		name := "message"
		if _, small := w.(*cborWriter); !small && s != nil && !s.model.LowerNames {
			name = "Message" // clients that speak CBOR look for the other alone
		}
		w.member(name)
		w.text(f.message)
	}
	w.endObject()
	return nil
}

func (f fault) queryAnswer(s *service, requestID string) (answer, error) {
	a := Query.start(f.queryForm)
	w := &xmlWriter{}
	if s != nil {
		w.b = append(w.b, `<ErrorResponse xmlns="`+s.model.Namespace+`">`...)
	} else {
		w.b = append(w.b, "<ErrorResponse>"...)
	}
	w.member("Error")
	w.object()
	for _, m := range [][2]string{{"Type", f.kind()}, {"Code", f.queryCode}, {"Message", f.message}} {
		w.member(m[0])
		w.text(m[1])
	}
	var err error
	if f.plan != nil {
		err = encodeMembers(w, f.plan.without("Message"), f.value)
	}
	w.endObject()
	w.b = append(w.b, "<RequestId>"+requestID+"</RequestId></ErrorResponse>\n"...)
	a.body = w.b
	return a, err
}

// without is a plan of a structure that passes over a Go field.
func (p *plan) without(goName string) *plan {
	rest := &plan{typ: p.typ, kind: p.kind}
	for _, f := range p.fields {
		if p.typ.Field(f.index).Name != goName {
			rest.fields = append(rest.fields, f)
		}
	}
	return rest
}
