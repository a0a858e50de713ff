package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"runtime/debug"
	"time"

	"github.com/aws/smithy-go/eventstream"
)

// The methods of event streams have a form of their own, since the output that the
// SDK's client gives can be filled by nobody but the SDK.
//
// The events are a union, whose members are in the Model. The method's own error is answered
// as that of any operation. An error in place of an event ends the stream: one of the
// SDK's types as the exception of its name. The sequence ends when the context
// does, which it does when the client has gone.

// headAfter is how long the head of the answer is held back. The SDK for Go closes
// the body of its request as soon as the head is there; if the goroutine that sent the
// body has not looked for its end by then, it finds an error and closes the
// connection. From AWS's machines no answer comes that soon.
const headAfter = 100 * time.Millisecond

// writeWithin is how long the client may take to let us write one message.
const writeWithin = 30 * time.Second

// eventType is the union of the events that a method streams; nil for another method.
func eventType(name string, t reflect.Type) reflect.Type {
	if t.IsVariadic() || t.NumIn() != 2 || t.NumOut() != 2 || t.In(0) != contextType || !isPointerTo(t.In(1), name+"Input") ||
		t.Out(1) != errorType || !t.Out(0).CanSeq2() || t.Out(0).Kind() != reflect.Func {
		return nil
	}
	event, err := t.Out(0).In(0).In(0), t.Out(0).In(0).In(1)
	if event.Kind() != reflect.Interface || err != errorType {
		return nil
	}
	return event
}

// newStream compiles a method that streams events.
func (s *service) newStream(name string, method reflect.Value, event reflect.Type) (*operation, error) {
	op := &operation{name: name, method: method}
	var err error
	if op.in, err = s.plan(method.Type().In(1).Elem()); err == nil {
		op.events, err = s.plan(event)
	}
	if err != nil {
		return nil, fmt.Errorf("wire: %s.%s: %w", s.model.Name, name, err)
	}
	return op, nil
}

// ending is a context that ends with Options.Streams too.
func (h *Handler) ending(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	if h.options.Streams == nil {
		return ctx, cancel
	}
	forget := context.AfterFunc(h.options.Streams, cancel)
	return ctx, func() {
		forget()
		cancel()
	}
}

// A stream is an answer whose events come one after another.
type stream struct {
	h       *Handler
	service *service
	plan    *plan         // of the events
	events  reflect.Value // the sequence
	call    Call          // for the log
	w       http.ResponseWriter
	control *http.ResponseController
	encoder *eventstream.Encoder
}

// streaming is the answer of an operation that streams events.
func (h *Handler) streaming(t target, events reflect.Value, call *Call) answer {
	s := &stream{h: h, service: t.service, plan: t.operation.events, events: events, call: *call}
	return answer{status: http.StatusOK, contentType: "application/vnd.amazon.eventstream", stream: s.send}
}

// send writes the messages until there are no more, or the client has gone.
func (s *stream) send(w http.ResponseWriter) {
	s.w, s.control, s.encoder = w, http.NewResponseController(w), eventstream.NewEncoder()
	// The request is read; what comes from its connection now is only its end. Where
	// the server has no deadlines there is none to lift.
	_ = s.control.SetReadDeadline(time.Time{})
	time.Sleep(headAfter)
	w.WriteHeader(http.StatusOK)
	err := s.each()
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, errGone) {
		return
	}
	if err := s.fail(err); err != nil && !errors.Is(err, errGone) {
		s.h.options.Log.Error("an error cannot be written", "service", s.call.Service, "request", s.call.RequestID, "error", err)
	}
}

// errGone says that the client takes nothing more.
var errGone = errors.New("the client has gone")

// each writes each event. A panic is an error of this stream only.
func (s *stream) each() (err error) {
	defer func() {
		switch cause := recover(); cause {
		case nil:
		case http.ErrAbortHandler:
			panic(cause)
		default:
			err = fmt.Errorf("%s panicked: %v\n%s", s.call.Operation, cause, debug.Stack())
		}
	}()
	if err := s.message([]byte("{}"), eventstream.MessageTypeHeader, eventstream.EventMessageType, eventstream.EventTypeHeader, "initial-response",
		eventstream.ContentTypeHeader, "application/x-amz-json-1.1"); err != nil {
		return err
	}
	for event, failed := range s.events.Seq2() {
		if err, _ := failed.Interface().(error); err != nil {
			return err
		}
		if err := s.event(event); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) event(v reflect.Value) error {
	if v.IsNil() || v.Elem().Kind() != reflect.Pointer || v.Elem().IsNil() {
		return fmt.Errorf("%s holds no member", s.plan.typ)
	}
	member := v.Elem().Elem()
	for i := range s.plan.fields {
		f := &s.plan.fields[i]
		if f.member != member.Type() {
			continue
		}
		w := &jsonWriter{}
		if err := encode(w, f.plan, member.Field(f.index)); err != nil {
			return err
		}
		return s.message(w.b, eventstream.MessageTypeHeader, eventstream.EventMessageType, eventstream.EventTypeHeader, f.name,
			eventstream.ContentTypeHeader, "application/json")
	}
	return fmt.Errorf("%s holds the unknown member %s", s.plan.typ, member.Type())
}

// fail ends the stream with an error.
func (s *stream) fail(err error) error {
	f, internal := faultOf(s.service, err)
	if internal {
		s.h.options.Log.Error("event stream failed", "service", s.call.Service, "operation", s.call.Operation, "request", s.call.RequestID, "error", err)
	}
	if f.plan == nil {
		return s.message(nil, eventstream.MessageTypeHeader, eventstream.ErrorMessageType, eventstream.ErrorCodeHeader, f.code,
			eventstream.ErrorMessageHeader, f.message)
	}
	w := &jsonWriter{}
	if err := encode(w, f.plan, f.value); err != nil {
		return err
	}
	return s.message(w.b, eventstream.MessageTypeHeader, eventstream.ExceptionMessageType, eventstream.ExceptionTypeHeader, f.code,
		eventstream.ContentTypeHeader, "application/json")
}

// message writes a message with headers, each a name and a text, and has it sent.
func (s *stream) message(payload []byte, headers ...string) error {
	m := eventstream.Message{Payload: payload}
	for i := 0; i < len(headers); i += 2 {
		m.Headers.Set(headers[i], eventstream.StringValue(headers[i+1]))
	}
	// A server that has no deadlines and does not hold anything back needs neither of these.
	_ = s.control.SetWriteDeadline(time.Now().Add(writeWithin))
	if err := s.encoder.Encode(s.w, m); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	if err := s.control.Flush(); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}
