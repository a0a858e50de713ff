// Package api is tocsin's own API: to look up events and to see to subscriptions
// and deliveries, in a data directory (Local) or on a server (Client, Handler).
//
// Over HTTP each operation is a POST to /api/v1/NAME with a JSON body, signed
// with AWS's Signature Version 4 for the service "tocsin". It exists beside AWS's
// APIs for what they have no words for.
package api

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// An API is what a data directory and a server can both be asked.
type API interface {
	// Search gives a page of the events that the request selects.
	Search(context.Context, SearchRequest) (SearchAnswer, error)
	// Count counts them; of the request, Limit and After do not matter.
	Count(context.Context, SearchRequest) (CountAnswer, error)
	// Subscriptions are all there are.
	Subscriptions(context.Context) ([]Subscription, error)
	// Confirm confirms a subscription in place of its endpoint.
	Confirm(ctx context.Context, subscriptionARN string) error
	// Deliveries are the newest with a status, all with "".
	Deliveries(ctx context.Context, status string, limit int) ([]Delivery, error)
	// Resend sends deliveries that were given up again, all of them when ids is
	// nil, and tells how many.
	Resend(ctx context.Context, ids []int64) (int, error)
}

// A SearchRequest selects events of a log group.
type SearchRequest struct {
	LogGroup string `json:"logGroup,omitempty"` // "" for the only one there is
	// From and To bound the time, both inclusive, in milliseconds since 1970; To
	// 0 is no bound.
	From int64 `json:"from,omitempty"`
	To   int64 `json:"to,omitempty"`
	// Patterns have to match, all of them.
	Patterns []string `json:"patterns,omitempty"`
	// Attributes have to equal, all of them; the names are events.Attribute's.
	Attributes  []Attribute `json:"attributes,omitempty"`
	OldestFirst bool        `json:"oldestFirst,omitempty"`
	Limit       int         `json:"limit,omitempty"`
	After       string      `json:"after,omitempty"`
}

// An Attribute is one that events are looked up by, and its value.
type Attribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// An Event is one that was found.
type Event struct {
	Time     int64  `json:"time"`     // milliseconds since 1970
	Ingested int64  `json:"ingested"` // likewise
	Stream   string `json:"stream,omitempty"`
	ID       string `json:"id"` // 32 hexadecimal digits
	Message  Record `json:"message"`
}

// A Record is a log event's text. It travels as a JSON string, since not every
// log event is JSON.
type Record []byte

// MarshalText implements encoding.TextMarshaler.
func (r Record) MarshalText() ([]byte, error) { return r, nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Record) UnmarshalText(text []byte) error {
	*r = append(Record(nil), text...)
	return nil
}

// A SearchAnswer is a page of events.
type SearchAnswer struct {
	Events []Event `json:"events"`
	Next   string  `json:"next,omitempty"` // what After is for the next page
}

// A CountAnswer is how many there are.
type CountAnswer struct {
	Count int64 `json:"count"`
}

// A Subscription is an endpoint of a topic. Its endpoint is without what is
// secret in it.
type Subscription struct {
	ARN       string    `json:"arn"`
	Protocol  string    `json:"protocol"`
	Endpoint  string    `json:"endpoint"`
	Confirmed bool      `json:"confirmed"`
	Managed   bool      `json:"managed"` // by the configuration
	Created   time.Time `json:"created"`
}

// A Delivery is a notice on its way, or at its end.
type Delivery struct {
	ID       int64     `json:"id"`
	Status   string    `json:"status"`
	Protocol string    `json:"protocol"`
	Endpoint string    `json:"endpoint"` // without what is secret in it
	Subject  string    `json:"subject"`
	Attempts int       `json:"attempts"`
	Created  time.Time `json:"created"`
	Next     time.Time `json:"next,omitzero"` // of one that is pending
	Last     string    `json:"last,omitempty"`
}

// A RequestError is a request that cannot be answered, in words for who sent it.
type RequestError struct{ Message string }

// Error implements error.
func (e *RequestError) Error() string { return e.Message }

// A failure is what an error looks like on the wire.
type failure struct {
	Code    string `json:"__type"`
	Message string `json:"message"`
}

// Prefix is what the path of each operation begins with.
const Prefix = "/api/v1/"

// The names of the operations, and what they take and give where that is not
// one of the types above.
const (
	opSearch        = "search"
	opCount         = "count"
	opSubscriptions = "subscriptions"
	opConfirm       = "confirm"
	opDeliveries    = "deliveries"
	opResend        = "resend"
	opClock         = "clock"
)

type confirmRequest struct {
	Subscription string `json:"subscription"`
}

type deliveriesRequest struct {
	Status string `json:"status,omitempty"`
	Limit  int    `json:"limit,omitempty"`
}

type resendRequest struct {
	IDs []int64 `json:"ids,omitempty"`
}

type resendAnswer struct {
	Sent int `json:"sent"`
}

// decode reads a request strictly: a member that is not known is an error, for it
// would silently select something else.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return &RequestError{"the request cannot be read: " + err.Error()}
	}
	if d.More() {
		return &RequestError{"the request goes on behind its end"}
	}
	return nil
}
