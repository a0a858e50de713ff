package topic

import (
	"strconv"
	"time"
)

// A RetryPolicy is the healthyRetryPolicy of a delivery policy, as it was set:
// members that were not are nil or "". Delays are in seconds.
type RetryPolicy struct {
	MinDelayTarget     *int    `json:"minDelayTarget,omitempty"`
	MaxDelayTarget     *int    `json:"maxDelayTarget,omitempty"`
	NumRetries         *int    `json:"numRetries,omitempty"` // of all phases together
	NumMaxDelayRetries *int    `json:"numMaxDelayRetries,omitempty"`
	NumNoDelayRetries  *int    `json:"numNoDelayRetries,omitempty"`
	NumMinDelayRetries *int    `json:"numMinDelayRetries,omitempty"`
	BackoffFunction    Backoff `json:"backoffFunction,omitempty"`
}

// Bounds of retry policies. [SNS guide, creating an HTTP/S delivery policy]
const (
	maxDelay     = 3600 // seconds
	maxRetries   = 100
	maxRetryTime = time.Hour
)

// retryMember is one number of a retry policy and its bounds.
type retryMember struct {
	name        string
	of          func(*RetryPolicy) **int
	least, most int // most 0: no bound of its own
	byDefault   int
	required    bool // once there is a retry policy [seen by users of the service]
}

// retryMembers are in the order in which SNS writes them.
func retryMembers() []retryMember {
	return []retryMember{
		{"minDelayTarget", func(r *RetryPolicy) **int { return &r.MinDelayTarget }, 1, maxDelay, 20, true},
		{"maxDelayTarget", func(r *RetryPolicy) **int { return &r.MaxDelayTarget }, 1, maxDelay, 20, true},
		{"numRetries", func(r *RetryPolicy) **int { return &r.NumRetries }, 0, maxRetries, 3, true},
		{"numMaxDelayRetries", func(r *RetryPolicy) **int { return &r.NumMaxDelayRetries }, 0, 0, 0, false},
		{"numNoDelayRetries", func(r *RetryPolicy) **int { return &r.NumNoDelayRetries }, 0, 0, 0, false},
		{"numMinDelayRetries", func(r *RetryPolicy) **int { return &r.NumMinDelayRetries }, 0, 0, 0, false},
	}
}

// defaultRetryPolicy is that of topics which have none: three retries, 20
// seconds apart.
func defaultRetryPolicy() RetryPolicy { return RetryPolicy{}.complete() }

// complete is the policy with all members.
func (r RetryPolicy) complete() RetryPolicy {
	for _, m := range retryMembers() {
		if p := m.of(&r); *p == nil {
			*p = &m.byDefault
		}
	}
	if r.BackoffFunction == "" {
		r.BackoffFunction = Linear
	}
	return r
}

// Schedule is the order of retries that the policy asks for: what the other
// phases leave of numRetries is the backoff phase.
func (r RetryPolicy) Schedule() Schedule {
	r = r.complete()
	return Schedule{
		Immediate:   *r.NumNoDelayRetries,
		PreBackoff:  *r.NumMinDelayRetries,
		InBackoff:   *r.NumRetries - r.fixed(),
		PostBackoff: *r.NumMaxDelayRetries,
		Least:       time.Duration(*r.MinDelayTarget) * time.Second,
		Greatest:    time.Duration(*r.MaxDelayTarget) * time.Second,
		Function:    r.BackoffFunction,
	}
}

// fixed is the number of retries outside of the backoff phase.
func (r RetryPolicy) fixed() int {
	return *r.NumNoDelayRetries + *r.NumMinDelayRetries + *r.NumMaxDelayRetries
}

// readRetryPolicy reads a retry policy, which is at path in its document.
func readRetryPolicy(n node, path string) (*RetryPolicy, error) {
	if n.isNull() {
		return nil, nil
	}
	if n.kind != objectKind {
		return nil, refuseDelivery("%s must be an object", path)
	}
	var r RetryPolicy
	for i, name := range n.names {
		if err := r.set(name, n.items[i], path); err != nil {
			return nil, err
		}
	}
	for _, m := range retryMembers() {
		if m.required && *m.of(&r) == nil {
			return nil, refuseDelivery("%s.%s must be specified", path, m.name)
		}
	}
	return &r, r.check(path)
}

// set sets one member.
func (r *RetryPolicy) set(name string, n node, path string) error {
	if name == "backoffFunction" {
		if r.BackoffFunction = Backoff(n.text); n.kind != textKind || !r.BackoffFunction.valid() {
			return refuseDelivery("%s.%s: the value [%s] is not a valid backoff function", path, name, n.token())
		}
		return nil
	}
	for _, m := range retryMembers() {
		if m.name != name {
			continue
		}
		v, err := readInt(n, path+"."+name)
		if err != nil {
			return err
		}
		*m.of(r) = v
		switch {
		case v == nil:
		case *v < m.least:
			return refuseDelivery("%s.%s must be greater than or equal to %d", path, name, m.least)
		case m.most > 0 && *v > m.most:
			return refuseDelivery("%s.%s must be less than or equal to %d", path, name, m.most)
		}
		return nil
	}
	return unexpectedMember(name)
}

// check checks what concerns several members.
func (r RetryPolicy) check(path string) error {
	r = r.complete()
	switch {
	case *r.MinDelayTarget > *r.MaxDelayTarget:
		return refuseDelivery("%s.maxDelayTarget must be greater than or equal to minDelayTarget", path)
	case r.fixed() > *r.NumRetries:
		return refuseDelivery("%s.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries", path)
	}
	if total := r.Schedule().Total(); total > maxRetryTime {
		return refuseDelivery("%s: the delays of all retries together are %d seconds and must be less than or equal to %d", path, int(total.Seconds()), int(maxRetryTime.Seconds()))
	}
	return nil
}

// readInt reads a whole number so small that a few can be added; nil for null.
func readInt(n node, path string) (*int, error) {
	if n.isNull() {
		return nil, nil
	}
	v, err := strconv.ParseInt(n.text, 10, 30)
	if n.kind != numberKind || err != nil {
		return nil, refuseDelivery("%s must be a whole number", path)
	}
	i := int(v)
	return &i, nil
}

// refuseDelivery is a refusal of a delivery policy. The texts "must be
// specified", "must be greater than or equal to", "must be less than or equal
// to", "is not a valid backoff function" and "Unexpected JSON member" are
// SNS's, seen by users of the service. The others are ours.
func refuseDelivery(format string, args ...any) *InvalidError {
	return refuse("DeliveryPolicy: "+format, args...)
}

func unexpectedMember(name string) error { return refuseDelivery("Unexpected JSON member: %s", name) }
