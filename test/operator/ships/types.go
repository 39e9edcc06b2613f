package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/conversion"
)

const group = "fleet.example.com"

var (
	old     = schema.GroupVersion{Group: group, Version: "v1"}
	current = schema.GroupVersion{Group: group, Version: "v2"}
)

// Crew is who sails, in the version that is stored.
type Crew struct {
	Count   int32  `json:"count"`
	Captain string `json:"captain,omitempty"`
}

type ShipSpec struct {
	Size string `json:"size,omitempty"`
	Crew Crew   `json:"crew,omitempty"`
}

type ShipStatus struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	ManifestVersion    string             `json:"manifestVersion,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

// Ship is v2: the hub of conversions, and what is stored.
type Ship struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              ShipSpec   `json:"spec,omitempty"`
	Status            ShipStatus `json:"status,omitempty"`
}

type ShipList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Ship `json:"items"`
}

// OldSpec has the crew as a number alone.
type OldSpec struct {
	Size string `json:"size,omitempty"`
	Crew int32  `json:"crew,omitempty"`
}

// OldShip is v1, a spoke; the captain travels in an annotation.
type OldShip struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              OldSpec    `json:"spec,omitempty"`
	Status            ShipStatus `json:"status,omitempty"`
}

const captainAnnotation = group + "/captain"

func (*Ship) Hub() {}

func (from *OldShip) ConvertTo(hub conversion.Hub) error {
	to := hub.(*Ship)
	from.ObjectMeta.DeepCopyInto(&to.ObjectMeta)
	from.Status.copyInto(&to.Status)
	to.Spec = ShipSpec{Size: from.Spec.Size, Crew: Crew{Count: from.Spec.Crew, Captain: from.Annotations[captainAnnotation]}}
	delete(to.Annotations, captainAnnotation)
	return nil
}

func (to *OldShip) ConvertFrom(hub conversion.Hub) error {
	from := hub.(*Ship)
	from.ObjectMeta.DeepCopyInto(&to.ObjectMeta)
	from.Status.copyInto(&to.Status)
	to.Spec = OldSpec{Size: from.Spec.Size, Crew: from.Spec.Crew.Count}
	if from.Spec.Crew.Captain != "" {
		if to.Annotations == nil {
			to.Annotations = map[string]string{}
		}
		to.Annotations[captainAnnotation] = from.Spec.Crew.Captain
	}
	return nil
}

func (from *ShipStatus) copyInto(to *ShipStatus) {
	*to = *from
	to.Conditions = nil
	for at := range from.Conditions {
		to.Conditions = append(to.Conditions, *from.Conditions[at].DeepCopy())
	}
}

func (from *Ship) DeepCopyObject() runtime.Object {
	to := *from
	from.ObjectMeta.DeepCopyInto(&to.ObjectMeta)
	from.Status.copyInto(&to.Status)
	return &to
}

func (from *OldShip) DeepCopyObject() runtime.Object {
	to := *from
	from.ObjectMeta.DeepCopyInto(&to.ObjectMeta)
	from.Status.copyInto(&to.Status)
	return &to
}

func (from *ShipList) DeepCopyObject() runtime.Object {
	to := *from
	to.Items = nil
	for at := range from.Items {
		to.Items = append(to.Items, *from.Items[at].DeepCopyObject().(*Ship))
	}
	return &to
}

func addToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(current, &Ship{}, &ShipList{})
	scheme.AddKnownTypeWithName(old.WithKind("Ship"), &OldShip{})
	metav1.AddToGroupVersion(scheme, current)
	metav1.AddToGroupVersion(scheme, old)
	return nil
}
