package iam

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/service/identity"
	"tocsin/store/state"
)

const (
	hour       = 3600  // seconds; how long a session lasts at least by what its role says
	maxSession = 43200 // seconds
)

// CreateRole makes a role, which may do nothing and be assumed by whom its trust
// policy names.
func (s *Service) CreateRole(ctx context.Context, in *iam.CreateRoleInput, _ ...func(*iam.Options)) (*iam.CreateRoleOutput, error) {
	if err := check().text("roleName", in.RoleName, anyName64).optional("path", in.Path, pathForm).
		text("assumeRolePolicyDocument", in.AssumeRolePolicyDocument, documentForm).optional("description", in.Description, description).
		between("maxSessionDuration", in.MaxSessionDuration, hour, maxSession).
		optional("permissionsBoundary", in.PermissionsBoundary, arnForm).tags(in.Tags).err(); err != nil {
		return nil, err
	}
	tags, err := newTags(in.Tags)
	if err != nil {
		return nil, err
	}
	ties, err := s.checkTrust(ctx, *in.AssumeRolePolicyDocument)
	if err != nil {
		return nil, err
	}
	seconds := int32(hour)
	if in.MaxSessionDuration != nil {
		seconds = *in.MaxSessionDuration
	}
	r, err := roles.create(ctx, s, scope(ctx), identity.Role{
		Entity: identity.Entity{
			Name: *in.RoleName, Path: pathOf(in.Path), ID: identity.NewID(identity.RoleID),
			Boundary: aws.ToString(in.PermissionsBoundary), Tags: tags,
		},
		Trust: *in.AssumeRolePolicyDocument, Tied: ties, Description: aws.ToString(in.Description), MaxSession: seconds,
	})
	if err != nil {
		return nil, err
	}
	role := sdkRole(r, false)
	return &iam.CreateRoleOutput{Role: &role}, nil
}

// GetRole is a role, with its last use to the minute.
func (s *Service) GetRole(ctx context.Context, in *iam.GetRoleInput, _ ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if err := check().text("roleName", in.RoleName, anyName64).err(); err != nil {
		return nil, err
	}
	role, err := s.role(ctx, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.GetRoleOutput{Role: &role}, nil
}

// role is a role as GetRole gives it.
func (s *Service) role(ctx context.Context, name string) (role types.Role, err error) {
	err = s.State.View(ctx, func(tx *state.Tx) error {
		r, err := roles.get(ctx, tx, scope(ctx), name)
		if err != nil {
			return err
		}
		if err := showTrust(ctx, tx, r.Scope, &r.Value); err != nil {
			return err
		}
		role = sdkRole(r, false)
		role.RoleLastUsed, err = lastUse(ctx, tx, r.Value.ID)
		return err
	})
	return role, err
}

func lastUse(ctx context.Context, tx *state.Tx, roleID string) (*types.RoleLastUsed, error) {
	use, err := identity.KeyUses.Get(ctx, tx, state.Scope{}, roleID)
	if there, err := state.Exists(err); err != nil || !there {
		return &types.RoleLastUsed{}, err
	}
	return &types.RoleLastUsed{LastUsedDate: at(use.Value.At.Truncate(time.Second)), Region: aws.String(use.Value.Region)}, nil
}

// ListRoles lists roles by name.
func (s *Service) ListRoles(ctx context.Context, in *iam.ListRolesInput, _ ...func(*iam.Options)) (*iam.ListRolesOutput, error) {
	if err := check().optional("pathPrefix", in.PathPrefix, prefixForm).paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	all, err := roles.list(ctx, s, in.PathPrefix)
	if err != nil {
		return nil, err
	}
	p, err := cut(all, byName, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	if err := s.State.View(ctx, func(tx *state.Tx) error {
		for i := range p.items {
			if err := showTrust(ctx, tx, p.items[i].Scope, &p.items[i].Value); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return &iam.ListRolesOutput{
		Roles:       each(p.items, func(r state.Resource[identity.Role]) types.Role { return sdkRole(r, true) }),
		IsTruncated: p.truncated, Marker: p.marker,
	}, nil
}

// UpdateRole changes what a role says of itself; what is not given stays.
func (s *Service) UpdateRole(ctx context.Context, in *iam.UpdateRoleInput, _ ...func(*iam.Options)) (*iam.UpdateRoleOutput, error) {
	if err := check().text("roleName", in.RoleName, anyName64).optional("description", in.Description, description).
		between("maxSessionDuration", in.MaxSessionDuration, hour, maxSession).err(); err != nil {
		return nil, err
	}
	err := roles.change(ctx, s, *in.RoleName, func(_ *state.Tx, r *identity.Role) error {
		if in.Description != nil {
			r.Description = *in.Description
		}
		if in.MaxSessionDuration != nil {
			r.MaxSession = *in.MaxSessionDuration
		}
		return nil
	})
	return &iam.UpdateRoleOutput{}, err
}

// UpdateRoleDescription sets a role's description.
func (s *Service) UpdateRoleDescription(ctx context.Context, in *iam.UpdateRoleDescriptionInput, _ ...func(*iam.Options)) (*iam.UpdateRoleDescriptionOutput, error) {
	if err := check().text("roleName", in.RoleName, anyName64).text("description", in.Description, description).err(); err != nil {
		return nil, err
	}
	if err := roles.change(ctx, s, *in.RoleName, func(_ *state.Tx, r *identity.Role) error {
		r.Description = *in.Description
		return nil
	}); err != nil {
		return nil, err
	}
	role, err := s.role(ctx, *in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.UpdateRoleDescriptionOutput{Role: &role}, nil
}

// UpdateAssumeRolePolicy replaces a role's trust policy.
func (s *Service) UpdateAssumeRolePolicy(ctx context.Context, in *iam.UpdateAssumeRolePolicyInput, _ ...func(*iam.Options)) (*iam.UpdateAssumeRolePolicyOutput, error) {
	if err := check().text("roleName", in.RoleName, anyName64).text("policyDocument", in.PolicyDocument, documentForm).err(); err != nil {
		return nil, err
	}
	if _, err := roles.view(ctx, s, *in.RoleName); err != nil {
		return nil, err
	}
	ties, err := s.checkTrust(ctx, *in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	err = roles.change(ctx, s, *in.RoleName, func(_ *state.Tx, r *identity.Role) error {
		r.Trust, r.Tied = *in.PolicyDocument, ties
		return nil
	})
	return &iam.UpdateAssumeRolePolicyOutput{}, err
}

// DeleteRole removes a role without policies. Its sessions end.
func (s *Service) DeleteRole(ctx context.Context, in *iam.DeleteRoleInput, _ ...func(*iam.Options)) (*iam.DeleteRoleOutput, error) {
	if err := check().text("roleName", in.RoleName, anyName64).err(); err != nil {
		return nil, err
	}
	err := s.update(ctx, func(tx *state.Tx) error {
		r, err := roles.get(ctx, tx, scope(ctx), *in.RoleName)
		if err != nil {
			return err
		}
		if err := bare(r.Value.Entity); err != nil {
			return err
		}
		if err := dropUse(ctx, tx, r.Value.ID); err != nil {
			return err
		}
		return remove(ctx, tx, roles, r)
	})
	return &iam.DeleteRoleOutput{}, err
}

// ListInstanceProfilesForRole lists none: there are no instances here.
func (s *Service) ListInstanceProfilesForRole(ctx context.Context, in *iam.ListInstanceProfilesForRoleInput, _ ...func(*iam.Options)) (*iam.ListInstanceProfilesForRoleOutput, error) {
	if err := check().text("roleName", in.RoleName, anyName64).paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	_, err := roles.view(ctx, s, *in.RoleName)
	return &iam.ListInstanceProfilesForRoleOutput{InstanceProfiles: []types.InstanceProfile{}}, err
}
