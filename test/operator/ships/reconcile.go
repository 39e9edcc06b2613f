package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	metav1apply "k8s.io/client-go/applyconfigurations/meta/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	finalizer = group + "/farewell"
	owner     = "ship-operator"
	bySize    = "spec.size"
)

// shipReconciler keeps a manifest (a ConfigMap) for every ship, with the colours its namespace's palette tells.
type shipReconciler struct {
	client.Client
	events events.EventRecorder
}

func (r *shipReconciler) setup(mgr ctrl.Manager) error {
	index := func(object client.Object) []string { return []string{object.(*Ship).Spec.Size} }
	if err := mgr.GetFieldIndexer().IndexField(context.Background(), &Ship{}, bySize, index); err != nil {
		return err
	}
	palettes, err := predicate.LabelSelectorPredicate(metav1.LabelSelector{MatchLabels: map[string]string{"palette": "yes"}})
	if err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("ship").
		For(&Ship{}, builder.WithPredicates(predicate.Or(predicate.GenerationChangedPredicate{}, predicate.LabelChangedPredicate{}))).
		Owns(&corev1.ConfigMap{}).
		Watches(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.shipsOf), builder.WithPredicates(palettes)).
		Complete(r)
}

// shipsOf names the large ships, which alone are painted, of the namespace of a palette.
func (r *shipReconciler) shipsOf(ctx context.Context, palette client.Object) []reconcile.Request {
	var ships ShipList
	if err := r.List(ctx, &ships, client.InNamespace(palette.GetNamespace()), client.MatchingFields{bySize: "large"}); err != nil {
		return nil
	}
	var requests []reconcile.Request
	for at := range ships.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&ships.Items[at])})
	}
	return requests
}

// Reconcile takes a conflict for what it is: somebody else was quicker, and the ship as it is now comes again.
func (r *shipReconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	result, err := r.reconcile(ctx, request)
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: 10 * time.Millisecond}, nil
	}
	return result, err
}

func (r *shipReconciler) reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var ship Ship
	if err := r.Get(ctx, request.NamespacedName, &ship); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !ship.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.bidFarewell(ctx, &ship)
	}
	if controllerutil.AddFinalizer(&ship, finalizer) {
		if err := r.Update(ctx, &ship); err != nil {
			return ctrl.Result{}, err
		}
	}
	manifest, err := r.applyManifest(ctx, &ship)
	if err != nil {
		return ctrl.Result{}, err
	}
	before := ship.DeepCopyObject().(*Ship)
	ship.Status.ObservedGeneration = ship.Generation
	ship.Status.ManifestVersion = manifest.Data["generation"]
	changed := meta.SetStatusCondition(&ship.Status.Conditions, metav1.Condition{
		Type:               "Ready",
		Status:             metav1.ConditionTrue,
		Reason:             "Manifested",
		Message:            fmt.Sprintf("crew of %d", ship.Spec.Crew.Count),
		ObservedGeneration: ship.Generation,
	})
	if !changed && before.Status.ObservedGeneration == ship.Generation {
		return ctrl.Result{}, nil
	}
	if err := r.Status().Patch(ctx, &ship, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return ctrl.Result{}, err
	}
	r.events.Eventf(&ship, manifest, corev1.EventTypeNormal, "Manifested", "Apply", "manifest for a crew of %d", ship.Spec.Crew.Count)
	return ctrl.Result{}, nil
}

func (r *shipReconciler) applyManifest(ctx context.Context, ship *Ship) (*corev1.ConfigMap, error) {
	colour := "grey"
	var palettes corev1.SecretList
	if err := r.List(ctx, &palettes, client.InNamespace(ship.Namespace), client.MatchingLabels{"palette": "yes"}); err != nil {
		return nil, err
	}
	if len(palettes.Items) > 0 && ship.Spec.Size == "large" {
		colour = string(palettes.Items[0].Data["colour"])
	}
	name := ship.Name + "-manifest"
	apply := corev1apply.ConfigMap(name, ship.Namespace).
		WithLabels(map[string]string{"ship": ship.Name}).
		WithOwnerReferences(metav1apply.OwnerReference().
			WithAPIVersion(current.String()).WithKind("Ship").WithName(ship.Name).WithUID(ship.UID).
			WithController(true).WithBlockOwnerDeletion(true)).
		WithData(map[string]string{
			"crew":       fmt.Sprint(ship.Spec.Crew.Count),
			"captain":    ship.Spec.Crew.Captain,
			"colour":     colour,
			"generation": fmt.Sprint(ship.Generation),
		})
	if err := r.Apply(ctx, apply, client.FieldOwner(owner), client.ForceOwnership); err != nil {
		return nil, err
	}
	return &corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: ship.Namespace, UID: *apply.UID},
		Data:       map[string]string{"generation": fmt.Sprint(ship.Generation)},
	}, nil
}

// bidFarewell leaves a note that outlives the ship, and lets it go.
func (r *shipReconciler) bidFarewell(ctx context.Context, ship *Ship) error {
	if !controllerutil.ContainsFinalizer(ship, finalizer) {
		return nil
	}
	note := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: ship.Name + "-farewell", Namespace: ship.Namespace}}
	if err := r.Create(ctx, note); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	controllerutil.RemoveFinalizer(ship, finalizer)
	return client.IgnoreNotFound(r.Update(ctx, ship))
}
