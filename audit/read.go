package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/smithy-go"
)

// Options say whom to ask.
type Options struct {
	Account, Region string
	Partition       string // aws when empty
	// Regions are those in use: single-Region trails in all of them count together.
	// None is for not knowing, so that a trail has to log all Regions.
	Regions []string
	// Observers are accounts whose alarms may watch this one's metrics, as monitoring
	// accounts of CloudWatch do.
	Observers []string
	// Open gives the clients for an account and Region; an error is noted under
	// each permission that would have been needed there.
	Open func(ctx context.Context, account, region string) (Clients, error)
	// Now is the time of the audit.
	Now time.Time
	// Unpaced asks as fast as it can; for endpoints that are not AWS's.
	Unpaced bool
	// Pacer is shared with other audits at the same time; nil is one of its own.
	Pacer *Pacer
	// Step is told of each call before it is made; it may be nil.
	Step func(action, resource string)
}

// pageLimit bounds the pages of one listing, for endpoints that never end.
const pageLimit = 200

// pages follows the tokens of one listing.
type pages struct{ seen []string }

// more tells whether there is another page; an error is a listing that does not end.
func (p *pages) more(token *string) (bool, error) {
	switch {
	case token == nil || *token == "":
		return false, nil
	case slices.Contains(p.seen, *token):
		return false, errors.New("the listing gives the same token twice and so does not end")
	case len(p.seen) == pageLimit:
		return false, fmt.Errorf("the listing has more than %d pages", pageLimit)
	}
	p.seen = append(p.seen, *token)
	return true, nil
}

type reader struct {
	Options
	account *Account
	clients map[[2]string]opened
}

type opened struct {
	Clients
	err error
}

// Read asks the account for its alarm chain. What it does not answer is among
// Account.Missing; an error is the context's.
func Read(ctx context.Context, o Options) (Account, error) {
	if o.Partition == "" {
		o.Partition = "aws"
	}
	if o.Pacer == nil {
		o.Pacer = new(Pacer)
	}
	a := Account{ID: o.Account, Partition: o.Partition, Region: o.Region, Regions: o.Regions, Observers: o.Observers, At: o.Now}
	r := &reader{Options: o, account: &a, clients: map[[2]string]opened{}}
	r.readTrails(ctx)
	r.readGroups(ctx)
	r.readAlarms(ctx)
	r.readTopics(ctx)
	r.readTrailKeys(ctx)
	r.readBuckets(ctx)
	return a, ctx.Err()
}

// at gives the clients of an account and Region, made once.
func (r *reader) at(ctx context.Context, account, region string) opened {
	key := [2]string{account, region}
	if c, ok := r.clients[key]; ok {
		return c
	}
	c, err := r.Open(ctx, account, region)
	r.clients[key] = opened{c, err}
	return r.clients[key]
}

// A question is one call and what it is about.
type question struct{ action, resource, account, region string }

// errNoClient stands for a service that nobody gave a client for.
var errNoClient = errors.New("no client for this service")

// ask makes one call. The answer is nil when there is none, which then is noted
// unless quiet says that the error is an answer too.
func ask[Out any](ctx context.Context, r *reader, q question, there bool, quiet func(code string) bool, call func() (*Out, error)) *Out {
	if ctx.Err() != nil {
		r.note(q, ctx.Err())
		return nil
	}
	if o := r.at(ctx, q.account, q.region); o.err != nil {
		r.note(q, o.err)
		return nil
	}
	if !there {
		r.note(q, errNoClient)
		return nil
	}
	if !r.Unpaced {
		if err := r.Pacer.wait(ctx, q.action, q.account, q.region); err != nil {
			r.note(q, err)
			return nil
		}
	}
	if r.Step != nil {
		r.Step(q.action, q.resource)
	}
	r.account.Calls++
	out, err := call()
	switch {
	case err == nil && out == nil:
		err = errors.New("the answer is empty")
	case err == nil:
		return out
	case quiet != nil && quiet(code(err)):
		return nil
	}
	r.note(q, err)
	return nil
}

// other tells whether an answer is about something else than what was asked for.
func other(answered *string, asked string) bool {
	return answered != nil && *answered != "" && *answered != asked
}

// errOther is the error of such an answer.
func errOther(answered *string) error { return fmt.Errorf("the answer is about %s", *answered) }

func (r *reader) note(q question, err error) {
	m := Missing{Action: q.action, Resource: q.resource, Account: q.account, Region: q.region, Code: code(err), Message: err.Error()}
	if m.Code == "" {
		m.Code = err.Error()
	}
	r.account.Missing = append(r.account.Missing, m)
}

// code is the service's code of an error, or "".
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
