package policy

import (
	"maps"
	"slices"
	"strings"
)

// A Request is what is to be decided.
type Request struct {
	Principal Principal
	Action    string // service:Operation, in any case
	Resource  string // an ARN; "*" for an action that has no resource

	// Owner is the account that the resource belongs to. When empty it is the
	// account in the ARN, and for ARNs without one, as those of S3, the caller's:
	// whoever serves buckets must say whose they are.
	Owner string

	// Context has the values of the condition keys; the case of keys does not
	// matter. A key with no values is known to be absent. The keys that tell of
	// the principal and the owner are added when they are not given.
	Context Context

	// Open says that keys which are not in Context are unknown instead of absent.
	Open bool
}

// A Context is condition keys with their values.
type Context map[string][]string

// owner is the account of the resource; "" when unknown.
func (r Request) owner() string {
	if r.Owner != "" {
		return r.Owner
	}
	if parts := strings.SplitN(r.Resource, ":", 6); len(parts) == 6 && parts[4] != "" && parts[4] != "aws" {
		return parts[4] // AWS's managed policies are everybody's
	}
	return r.Principal.Account()
}

// facts are the context of a request, ready to be asked.
type facts struct {
	values map[string][]string // by key in lower case
	open   bool
}

func (r Request) facts() *facts {
	f := &facts{values: map[string][]string{}, open: r.Open}
	for _, key := range slices.Sorted(maps.Keys(r.Context)) {
		low := strings.ToLower(key)
		f.values[low] = append(f.values[low], r.Context[key]...)
	}
	derived := r.Principal.keys()
	derived["aws:ResourceAccount"] = single(r.owner())
	for key, values := range derived {
		if _, given := f.values[strings.ToLower(key)]; !given {
			f.values[strings.ToLower(key)] = values
		}
	}
	return f
}

// lookup gives the values of a key, none when it is absent; false when that is
// not known.
func (f *facts) lookup(key string) ([]string, bool) {
	values, given := f.values[strings.ToLower(key)]
	return values, given || !f.open
}

func single(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}
