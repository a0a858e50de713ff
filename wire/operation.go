package wire

import (
	"context"
	"fmt"
	"reflect"
)

// A Service is a Go value whose methods are operations, and its model.
type Service struct {
	Model   Model
	Methods any
}

// A service is a Service ready to be called.
type service struct {
	*compiler
	operations map[string]*operation
}

// An operation is one method.
type operation struct {
	name    string
	method  reflect.Value
	in, out *plan
	stream  bool  // the answer is an event stream in the SDK's form, which cannot be read
	events  *plan // of the events that are streamed; nil when there is one output
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

func newService(s Service) (*service, error) {
	ready := &service{newCompiler(&s.Model), map[string]*operation{}}
	if s.Methods == nil {
		return nil, fmt.Errorf("wire: %s has no methods", s.Model.Name)
	}
	v := reflect.ValueOf(s.Methods)
	for i := range v.NumMethod() {
		name, method := v.Type().Method(i).Name, v.Method(i)
		if event := eventType(name, method.Type()); event != nil {
			op, err := ready.newStream(name, method, event)
			if err != nil {
				return nil, err
			}
			ready.operations[name] = op
			continue
		}
		if !isOperation(name, method.Type()) {
			continue
		}
		op := &operation{name: name, method: method}
		in, out := method.Type().In(1).Elem(), method.Type().Out(0).Elem()
		if _, op.stream = method.Type().Out(0).MethodByName("GetStream"); !op.stream {
			var err error
			if op.in, err = ready.plan(in); err != nil {
				return nil, fmt.Errorf("wire: %s.%s: %w", s.Model.Name, name, err)
			}
			if op.out, err = ready.plan(out); err != nil {
				return nil, fmt.Errorf("wire: %s.%s: %w", s.Model.Name, name, err)
			}
		}
		ready.operations[name] = op
	}
	if len(ready.operations) == 0 {
		return nil, fmt.Errorf("wire: %T has no method with the signature of an SDK client's", s.Methods)
	}
	return ready, nil
}

// isOperation tells the SDK client's signature:
// func(context.Context, *NameInput, ...func(*Options)) (*NameOutput, error).
func isOperation(name string, t reflect.Type) bool {
	return t.IsVariadic() && t.NumIn() == 3 && t.NumOut() == 2 &&
		t.In(0) == contextType && isPointerTo(t.In(1), name+"Input") &&
		isPointerTo(t.Out(0), name+"Output") && t.Out(1) == errorType
}

func isPointerTo(t reflect.Type, name string) bool {
	return t.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct && t.Elem().Name() == name
}

// call calls the method; in points to its input.
func (op *operation) call(ctx context.Context, in reflect.Value) (reflect.Value, error) {
	results := op.method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	if err, _ := results[1].Interface().(error); err != nil {
		return reflect.Value{}, err
	}
	if results[0].IsNil() {
		return reflect.Value{}, fmt.Errorf("%s gave neither an output nor an error", op.name)
	}
	return results[0], nil
}
