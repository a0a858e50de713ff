package identity

import (
	"fmt"
	"slices"

	"tocsin/core/policy"
)

// TrustByID is the trust policy with the ids of whom it names, as it is to be
// evaluated.
func (r Role) TrustByID() (string, error) {
	if len(r.Tied) == 0 {
		return r.Trust, nil
	}
	p, err := policy.Parse(r.Trust, policy.Any)
	if err != nil {
		return "", fmt.Errorf("stored trust policy of role %s: %w", r.Name, err)
	}
	for i := range p.Statements {
		r.tie(p.Statements[i].Principal.AWS)
		r.tie(p.Statements[i].NotPrincipal.AWS)
	}
	return p.String(), nil
}

// tie puts ids in place of names.
func (r Role) tie(names []string) {
	for i, name := range names {
		if j := slices.IndexFunc(r.Tied, func(t Tie) bool { return t.ARN == name }); j >= 0 {
			names[i] = r.Tied[j].ID
		}
	}
}
