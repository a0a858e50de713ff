package policy

import (
	"slices"
	"strings"
)

// check refuses what is readable but not allowed in a document of the kind.
func (p *parser) check() error {
	if p.kind == Identity && p.policy.Version != Version2012 {
		return p.fail(p.at, "", versionFault, "", "an identity policy needs \"Version\": \"2012-10-17\"")
	}
	for i, s := range p.policy.Statements {
		if s.Effect != Allow && s.Effect != Deny {
			at, path := p.places[i].place("Effect")
			f := legacyFault
			if p.kind == Trust || p.kind == Resource || p.kind == Bucket {
				f = effectFault
			}
			return p.fail(at, path, f, string(s.Effect), "an effect is spelled \"Allow\" or \"Deny\", found %q", string(s.Effect))
		}
	}
	if err := p.checkPrincipals(); err != nil {
		return err
	}
	if p.kind == Identity {
		if err := p.checkLegacyResources(); err != nil {
			return err
		}
	}
	if err := p.checkSids(); err != nil {
		return err
	}
	for _, check := range []func(Statement, places) error{p.needsAction, p.checkResources, p.checkActions, p.needsResource} {
		for i, s := range p.policy.Statements {
			if err := check(s, p.places[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *parser) checkPrincipals() error {
	for i, s := range p.policy.Statements {
		at := p.places[i]
		given := !s.Principal.IsZero() || !s.NotPrincipal.IsZero()
		switch {
		case p.kind == Identity && given:
			name := "Principal"
			if s.Principal.IsZero() {
				name = "NotPrincipal"
			}
			where, path := at.place(name)
			return p.fail(where, path, prohibitedPrincipalFault, "", "the policy of an identity is about that identity; remove the element")
		case p.kind != Identity && p.kind != Any && !given:
			return p.fail(at.at, at.path, noPrincipalFault, "", "the statement has no Principal")
		case p.kind == Trust && !s.NotPrincipal.IsZero() && s.Effect == Allow:
			where, path := at.place("NotPrincipal")
			return p.fail(where, path, notPrincipalFault, "", "a trust policy names whom it lets in; use Principal")
		}
	}
	return nil
}

// checkLegacyResources refuses ARNs that IAM says it cannot parse at all: with an
// empty service, or too short although they have empty parts.
func (p *parser) checkLegacyResources() error {
	for i, s := range p.policy.Statements {
		for _, l := range resourceLists(s) {
			for j, r := range l.values {
				parts := strings.Split(r, ":")
				if len(parts) < 3 || !partition(parts[1]) {
					continue
				}
				if parts[2] == "" || len(parts) < 6 && strings.Contains(r, "::") {
					return p.fail(p.places[i].values[l.name][j], element(member(p.places[i].path, l.name), j), legacyFault, "",
						"not an ARN: it has %d of six parts or no service", len(parts))
				}
			}
		}
	}
	return nil
}

type namedList struct {
	name   string
	values []string
}

func resourceLists(s Statement) []namedList {
	return []namedList{{"Resource", s.Resources}, {"NotResource", s.NotResources}}
}

func actionLists(s Statement) []namedList {
	return []namedList{{"Action", s.Actions}, {"NotAction", s.NotActions}}
}

func (p *parser) checkSids() error {
	first := map[string]int{}
	for i, s := range p.policy.Statements {
		if s.Sid == "" {
			continue
		}
		at, path := p.places[i].place("Sid")
		if p.kind == Identity && strings.ContainsFunc(s.Sid, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		}) {
			return p.fail(at, path, alphaSidFault, "", "a Sid has letters and digits only, found %q", s.Sid)
		}
		if j, again := first[s.Sid]; again {
			return p.fail(at, path, uniqueSidFault, "", "%s has the same Sid", p.places[j].path)
		}
		first[s.Sid] = i
	}
	return nil
}

func (p *parser) needsAction(s Statement, at places) error {
	if len(s.Actions) == 0 && len(s.NotActions) == 0 {
		where, path := at.place("Action")
		return p.fail(where, path, noActionFault, "", "the statement names no action")
	}
	return nil
}

func (p *parser) checkActions(s Statement, at places) error {
	for _, l := range actionLists(s) {
		for j, action := range l.values {
			where, path := at.values[l.name][j], element(member(at.path, l.name), j)
			vendor, name, found := strings.Cut(action, ":")
			switch {
			case p.kind == Trust && !strings.HasPrefix(strings.ToLower(action), "sts:"):
				return p.fail(where, path, trustActionFault, "", "the actions of a trust policy are sts:AssumeRole and the like, found %q", action)
			case action == "*":
			case !found && p.kind == Bucket:
				return p.fail(where, path, actionFault, "", "an action is service:Operation, found %q", action)
			case !found:
				return p.fail(where, path, vendorFault, "", "an action is service:Operation, found %q", action)
			case strings.Contains(name, ":"):
				return p.fail(where, path, colonFault, "", "an action is service:Operation, found %q", action)
			case vendor != "*" && (vendor == "" || strings.ContainsFunc(vendor, notVendor)):
				return p.fail(where, path, badVendorFault, vendor, "%q is no service", vendor)
			}
		}
	}
	return nil
}

func notVendor(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '.'
}

func (p *parser) needsResource(s Statement, at places) error {
	if p.kind == Any || p.kind == Trust || len(s.Resources) > 0 || len(s.NotResources) > 0 {
		return nil
	}
	where, path := at.place("Resource")
	return p.fail(where, path, noResourceFault, "", "the statement names no resource")
}

func (p *parser) checkResources(s Statement, at places) error {
	for _, l := range resourceLists(s) {
		if _, given := at.member[l.name]; given && p.kind == Trust {
			f := prohibitedFault
			if l.name == "NotResource" {
				f = trustNotResourceFault
			}
			return p.fail(at.member[l.name], member(at.path, l.name), f, l.name,
				"a trust policy is about its role and names no resource; permissions belong into a policy of the role")
		}
		for j, r := range l.values {
			where, path := at.values[l.name][j], element(member(at.path, l.name), j)
			switch {
			case r == "*":
			case p.kind == Bucket && !strings.HasPrefix(r, "arn:"):
				return p.fail(where, path, arnFault, r, "expected the ARN of the bucket or of objects in it, found %q", r)
			case p.kind == Identity:
				if err := p.checkARN(r, where, path); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// iamPaths are how a resource of IAM begins, as IAM lists them.
var iamPaths = []string{
	"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
	"sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/",
}

// checkARN checks a resource of an identity policy as IAM does.
func (p *parser) checkARN(r string, at int, path string) error {
	parts := strings.SplitN(r, ":", 6)
	if len(parts) == 1 {
		return p.fail(at, path, arnFault, r, "expected an ARN or \"*\", found %q", r)
	}
	if !partition(parts[1]) {
		shown := []string{"*", "*", "*", "*"}
		copy(shown, parts[2:])
		if shown[0] == "" && len(parts) == 3 {
			shown[0] = "*"
		}
		return p.fail(at, path, partitionFault, `"`+parts[1]+`" is not valid for resource "arn:`+parts[1]+":"+strings.Join(shown, ":")+`"`,
			"%q is no partition; an ARN begins with arn:aws:", parts[1])
	}
	if len(parts) < 3 {
		return p.fail(at, path, vendorARNFault, "", "the ARN ends before its service")
	}
	region := len(parts) > 3 && parts[3] != ""
	switch {
	case region && parts[2] == "iam":
		return p.fail(at, path, iamRegionFault, r, "IAM has no Regions: leave that part of the ARN empty")
	case region && parts[2] == "s3":
		return p.fail(at, path, s3RegionFault, r, "a bucket's ARN has no Region: leave that part empty")
	case parts[2] == "iam" && len(parts) == 6 && !iamPath(parts[5]):
		return p.fail(at, path, iamPathFault, strings.Join(iamPaths, ", "), "%q is nothing of IAM's", parts[5])
	}
	return nil
}

func iamPath(resource string) bool {
	return strings.ContainsAny(resource, "*$") || resource == "root" ||
		slices.ContainsFunc(iamPaths, func(prefix string) bool { return strings.HasPrefix(resource, prefix) })
}
