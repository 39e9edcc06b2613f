package main

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

type shipDefaults struct{}

func (shipDefaults) Default(_ context.Context, ship *Ship) error {
	if ship.Spec.Size == "" {
		ship.Spec.Size = "small"
	}
	if ship.Spec.Crew.Count == 0 {
		ship.Spec.Crew.Count = 1
	}
	return nil
}

type shipRules struct{}

func (shipRules) ValidateCreate(_ context.Context, ship *Ship) (admission.Warnings, error) {
	var warnings admission.Warnings
	if ship.Spec.Crew.Captain == "" {
		warnings = append(warnings, "a ship without a captain sails in circles")
	}
	return warnings, check(ship)
}

func (shipRules) ValidateUpdate(_ context.Context, before, after *Ship) (admission.Warnings, error) {
	if before.Spec.Size != after.Spec.Size {
		return nil, fmt.Errorf("ships do not grow: %s is %s", before.Name, before.Spec.Size)
	}
	return nil, check(after)
}

func (shipRules) ValidateDelete(_ context.Context, ship *Ship) (admission.Warnings, error) {
	if ship.Labels["moored"] == "yes" {
		return nil, fmt.Errorf("ship %s is moored", ship.Name)
	}
	return nil, nil
}

func check(ship *Ship) error {
	if ship.Spec.Crew.Count <= 100 {
		return nil
	}
	path := field.NewPath("spec", "crew", "count")
	return apierrors.NewInvalid(current.WithKind("Ship").GroupKind(), ship.Name, field.ErrorList{
		field.Invalid(path, ship.Spec.Crew.Count, "must be at most 100"),
	})
}
