package identity

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base32"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"tocsin/store/state"
)

// awsAccount stands in the ARNs of the policies that AWS manages.
const awsAccount = "aws"

// managedText holds policies that AWS manages, by our own hand: each allows
// what its name says of the services that there are here.
//
//go:embed managed.json
var managedText []byte

// managedSince is when they came to be, as far as anybody can tell.
var managedSince = time.Date(2015, time.February, 6, 18, 39, 46, 0, time.UTC)

// AllManaged are the policies that AWS manages, by name.
var AllManaged = sync.OnceValue(func() []state.Resource[Policy] {
	var rows []struct {
		Name, Path, Description string
		Document                json.RawMessage
	}
	if err := json.Unmarshal(managedText, &rows); err != nil {
		panic("managed.json: " + err.Error()) // it is part of the program, and a test reads it
	}
	all := make([]state.Resource[Policy], len(rows))
	for i, r := range rows {
		sum := sha256.Sum256([]byte(r.Name))
		all[i] = state.Resource[Policy]{
			Scope: state.Scope{Partition: "aws", Account: awsAccount}, Name: Fold(r.Name), Created: managedSince, Revision: 1,
			Value: Policy{
				Name: r.Name, Path: r.Path, Description: r.Description, ID: PolicyID + base32.StdEncoding.EncodeToString(sum[:])[:17],
				Versions: []Version{{ID: "v1", Document: string(r.Document), Created: managedSince}}, Default: "v1", Last: 1, Updated: managedSince,
			},
		}
	}
	slices.SortFunc(all, func(a, b state.Resource[Policy]) int { return strings.Compare(a.Name, b.Name) })
	return all
})

// Managed is the policy with that ARN that AWS manages.
func Managed(arn string) (state.Resource[Policy], bool) {
	of, path, name, ok := Named(arn, "policy")
	if !ok || of.Account != awsAccount {
		return state.Resource[Policy]{}, false
	}
	i := slices.IndexFunc(AllManaged(), func(p state.Resource[Policy]) bool { return p.Value.Name == name && p.Value.Path == path })
	if i < 0 {
		return state.Resource[Policy]{}, false
	}
	p := AllManaged()[i]
	p.Partition = of.Partition
	return p, true
}
