package iam

import (
	"context"
	"maps"
	"slices"
	"unicode"

	"tocsin/core/policy"
	"tocsin/store/state"
)

// weight is the length of a document as quotas count it: without white space.
func weight(document string) int {
	n := 0
	for _, r := range document {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

// put stores an inline policy, in place of one of that name.
func (c class[T, P]) put(ctx context.Context, s *Service, name, policyName, document *string) error {
	if err := check().text(c.word+"Name", name, anyName128).text("policyName", policyName, anyName128).
		text("policyDocument", document, documentForm).err(); err != nil {
		return err
	}
	if _, err := c.view(ctx, s, *name); err != nil {
		return err
	}
	if _, err := checkDocument(*document, policy.Identity); err != nil {
		return err
	}
	return c.change(ctx, s, *name, func(_ *state.Tx, v P) error {
		e := v.Base()
		if e.Inline == nil {
			e.Inline = map[string]string{}
		}
		e.Inline[*policyName] = *document
		sum := 0
		for _, d := range e.Inline {
			sum += weight(d)
		}
		if sum > c.inline {
			return limit("Maximum policy size of %d bytes exceeded for %s %s", c.inline, c.word, e.Name)
		}
		return nil
	})
}

// inlineOf is an inline policy.
func (c class[T, P]) inlineOf(ctx context.Context, s *Service, name, policyName *string) (string, error) {
	if err := check().text(c.word+"Name", name, anyName128).text("policyName", policyName, anyName128).err(); err != nil {
		return "", err
	}
	r, err := c.view(ctx, s, *name)
	if err != nil {
		return "", err
	}
	document, ok := P(&r.Value).Base().Inline[*policyName]
	if !ok {
		return "", noPolicy(c.word, *policyName)
	}
	return document, nil
}

func noPolicy(word, name string) error {
	return noSuch("The %s policy with name %s cannot be found.", word, name)
}

// inlines lists the names of the inline policies.
func (c class[T, P]) inlines(ctx context.Context, s *Service, name, marker *string, most *int32) (page[string], error) {
	if err := check().text(c.word+"Name", name, anyName128).paging(marker, most).err(); err != nil {
		return page[string]{}, err
	}
	r, err := c.view(ctx, s, *name)
	if err != nil {
		return page[string]{}, err
	}
	names := slices.Sorted(maps.Keys(P(&r.Value).Base().Inline))
	if names == nil {
		names = []string{}
	}
	return cut(names, same, marker, most)
}

// drop removes an inline policy.
func (c class[T, P]) drop(ctx context.Context, s *Service, name, policyName *string) error {
	if err := check().text(c.word+"Name", name, anyName128).text("policyName", policyName, anyName128).err(); err != nil {
		return err
	}
	return c.change(ctx, s, *name, func(_ *state.Tx, v P) error {
		if _, ok := v.Base().Inline[*policyName]; !ok {
			return noPolicy(c.word, *policyName)
		}
		delete(v.Base().Inline, *policyName)
		return nil
	})
}
