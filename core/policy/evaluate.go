package policy

import "slices"

// A Layer is a kind of policy that bears on a request.
type Layer uint8

const (
	OrganizationLayer Layer = iota // service control policies
	ResourceLayer
	IdentityLayer
	BoundaryLayer
	SessionLayer
	layers = iota
)

// A Named policy has a name to be shown by: "bucket policy of logs", "AdministratorAccess".
type Named struct {
	Name   string
	Policy Policy
}

// Policies are all that bear on a request.
type Policies struct {
	// Identity are the policies of the user and his groups, or of the role.
	Identity []Named
	// Resource is the policy attached to the resource; nil when it has none.
	Resource *Named
	// ResourceDecides says that nobody is let in whom the resource's policy does
	// not name, not even by his account: of roles to be assumed and KMS keys.
	ResourceDecides bool
	// Boundary is the permissions boundary of the user or role; nil when there is none.
	Boundary *Named
	// Session are the policies that the session was made with. An empty list that
	// is not nil lets nothing through; nil says that there are none.
	Session []Named
	// Organization are the service control policies, a list for each level from
	// the root to the account. Leave out what AWS exempts: the management account
	// and service-linked roles. They do not bear on services.
	Organization [][]Named
}

// An evaluation collects what the statements of all policies say.
type evaluation struct {
	request Request
	facts   *facts
	denies  []Ground // that apply or may
	allows  [layers][]Ground
	reached [byName + 1]Truth // whether the resource's policy allows, by how it names the caller
}

// Evaluate decides a request. An explicit deny of any policy decides. Otherwise
// the service control policies of each level must allow it, and then, when
// principal and resource are of one account, either the policies of the identity
// or that of the resource, and when they are not, both. Boundary and session
// policies limit what identity policies and a resource's policy that names the
// role or account allow, but not what it allows by the caller's own name [IAM
// User Guide, policy evaluation logic].
func Evaluate(p Policies, r Request) Decision {
	e := evaluation{request: r, facts: r.facts()}
	v := e.ask(p)
	denied := No
	for _, g := range e.denies {
		denied = max(denied, g.Applies)
	}
	d := Decision{Verdict: ImplicitDeny}
	switch allowed := v.allowed(); {
	case denied == Yes:
		d.Verdict, d.Grounds = ExplicitDeny, those(e.denies, Yes)
	case allowed == No:
		d.Lacking = v.lacking()
		for layer, grounds := range e.allows {
			if slices.Contains(d.Lacking, Layer(layer)) || Layer(layer) == ResourceLayer {
				d.Grounds = append(d.Grounds, nearest(grounds)...)
			}
		}
	case allowed == Maybe:
		d.Verdict, d.Grounds = Undecided, append(e.denies, those(slices.Concat(e.allows[:]...), Maybe)...)
	case denied == Maybe:
		d.Verdict, d.Grounds = Undecided, e.denies
	default:
		d.Verdict, d.Grounds = Allowed, those(slices.Concat(e.allows[:]...), Yes)
	}
	return d
}

// ask evaluates all policies.
func (e *evaluation) ask(p Policies) views {
	caller := e.request.Principal
	v := views{
		outsider:        caller.Account() == "",
		sameAccount:     e.request.owner() == caller.Account(),
		resourceDecides: p.ResourceDecides,
		organization:    Yes, identity: Yes, boundary: Yes, session: Yes,
	}
	if p.Resource != nil {
		e.any(ResourceLayer, []Named{*p.Resource})
		v.resource = e.reached
	}
	if v.outsider {
		return v
	}
	for _, level := range p.Organization {
		v.organization = min(v.organization, e.any(OrganizationLayer, level))
	}
	if caller.Type != Root {
		v.identity = e.any(IdentityLayer, p.Identity)
		if p.Boundary != nil {
			v.boundary = e.any(BoundaryLayer, []Named{*p.Boundary})
		}
	}
	if p.Session != nil {
		v.session = e.any(SessionLayer, p.Session)
	}
	return v
}

// any evaluates policies of which one must allow.
func (e *evaluation) any(layer Layer, policies []Named) (allowed Truth) {
	for _, n := range policies {
		for i, s := range n.Policy.Statements {
			m := s.meets(e.request, e.facts, n.Policy.Version, layer == ResourceLayer)
			g := Ground{
				Layer: layer, Policy: n.Name, Statement: i, Sid: s.Sid,
				Effect: s.Effect, Applies: m.applies, Misses: m.misses,
			}
			switch {
			case s.Effect == Allow:
				e.allows[layer] = append(e.allows[layer], g)
				allowed = max(allowed, m.applies)
				if layer == ResourceLayer {
					e.reached[m.reach] = max(e.reached[m.reach], m.applies)
				}
			case m.applies != No:
				e.denies = append(e.denies, g)
			}
		}
	}
	return allowed
}

// views are what the layers say, and how they are to be joined.
type views struct {
	outsider        bool // of no account: the resource's policy alone speaks
	sameAccount     bool
	resourceDecides bool

	organization, identity, boundary, session Truth
	resource                                  [byName + 1]Truth
}

func (v views) limits() Truth { return min(v.boundary, v.session) }
func (v views) anyResource() Truth {
	return max(v.resource[byAccount], v.resource[byRole], v.resource[byName])
}

func (v views) allowed() Truth {
	switch {
	case v.outsider:
		return v.anyResource()
	case !v.sameAccount:
		return min(v.organization, v.anyResource(), v.identity, v.limits())
	}
	identity := v.identity
	if v.resourceDecides {
		identity = min(identity, v.resource[byAccount])
	}
	limited := min(v.limits(), max(identity, v.resource[byRole]))
	return min(v.organization, max(limited, v.resource[byName]))
}

// lacking names the layers that would have to allow what is not allowed.
func (v views) lacking() []Layer {
	var all []Layer
	add := func(layer Layer, lacks bool) {
		if lacks {
			all = append(all, layer)
		}
	}
	if v.outsider {
		return []Layer{ResourceLayer}
	}
	needsResource := !v.sameAccount || v.resourceDecides
	needsIdentity := !v.sameAccount || v.anyResource() == No && !v.resourceDecides || v.resource[byAccount] != No && v.resource[byRole] == No
	add(OrganizationLayer, v.organization == No)
	add(IdentityLayer, needsIdentity && v.identity == No)
	add(ResourceLayer, needsResource && v.anyResource() == No)
	add(BoundaryLayer, v.boundary == No)
	add(SessionLayer, v.session == No)
	return all
}
