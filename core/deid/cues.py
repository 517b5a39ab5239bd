"""Words that announce a person, and words that say a capitalised neighbour is none. Roles as in `core.model.Span`."""

from __future__ import annotations

CLINICIAN, PATIENT, PERSON = "clinician", "patient", "person"

TITLES: dict[str, str] = {
    **dict.fromkeys("dr drs doctor prof professor nurse".split(), CLINICIAN),
    **dict.fromkeys(
        "mr mrs ms miss mx messrs mister madam sir rev reverend rabbi pastor imam deacon sgt sergeant capt captain lt lieutenant col colonel maj major gen cpl corporal pvt officer detective judge justice attorney atty sheriff trooper".split(),
        PERSON,
    ),
}
SOFT_TITLES = frozenset("nurse major officer judge justice captain general gen sir attorney detective deacon madam miss private prof maj col capt lt".split())
KIN = frozenset(
    "wife husband spouse son daughter mother father mom dad mum brother sister sibling aunt uncle cousin niece nephew grandmother grandfather grandma grandpa grandson granddaughter stepson stepdaughter stepmother stepfather fiance fiancee"
    " girlfriend boyfriend partner friend neighbor neighbour roommate guardian caregiver caretaker proxy twin in-law parent child".split()
)
_LABEL_ROLES = {
    PATIENT: "patient pt name client subject resident member insured subscriber patient's",
    CLINICIAN: "attending pcp provider physician surgeon assistant anesthesiologist consultant author dictator transcriptionist rn nurse cosigner hospitalist intern fellow pharmacist radiologist pathologist cardiologist therapist"
    " technologist tech scribe interpreter counselor counsellor clinician doctor referring ordering md oncologist neurologist psychiatrist dermatologist endocrinologist nephrologist urologist pediatrician midwife",
    PERSON: "contact guarantor nok kin emergency poa attn attention dear hi hello sincerely regards from to cc re informant witness signature signed by employer school sender recipient hcp manager worker thanks",
}
LABELS: dict[str, str] = {word: role for role, words in _LABEL_ROLES.items() for word in words.split()}
ACTS = frozenset(
    "seen evaluated examined dictated signed reviewed referred read performed discussed spoke consulted treated followed managed cosigned attended ordered assessed transcribed admitted interpreted verified prepared entered requested"
    " written completed recommended prescribed called paged spoken talked met accompanied authored electronically placed cared accepted notified done received brought supervised staffed staff endorsed".split()
)
ACT_LINKS = frozenset(("by", "with", "to", "from"))
NAMING = frozenset("named called name's alias aka nickname nicknamed".split())
PATIENT_NOUNS = frozenset("patient pt client resident veteran".split())
PEOPLE_NOUNS = frozenset(
    "man woman male female boy girl gentleman lady patient person individual infant child toddler teenager adolescent newborn baby veteran diabetic smoker teacher nurse worker farmer retiree student driver athlete runner engineer asthmatic"
    " teen adult survivor primigravida multigravida executive lawyer accountant".split()
)
SPEECH = frozenset(
    "reports reported states stated denies denied complains complained presents presented verbalized verbalizes endorses endorsed notes says said describes admits underwent tolerated requests requested lives resides understands understood"
    " agreed agrees called phoned asked asks wants feels felt remains recovered consented declined arrived returned returns takes recommends recommended believes mentioned explained explains expressed confirmed confirms appears lost".split()
)
IDENTIFYING_NEXT = frozenset("mrn dob ssn aka".split())
CREDENTIALS = frozenset(
    "md m.d do rn np pa pa-c phd ph.d lpn dpt lcsw crna pharmd dds dmd mbbs frcs facs facc facp faan cnm rpa aprn arnp fnp dnp msw lmft psyd dpm od bsn msn cma rd rph rrt emt lvn ot otr ccc-slp slp mph".split()
)
SUFFIXES = frozenset("jr sr ii iii iv esq".split())
PARTICLES = frozenset("de del della di da dos das du la le van von der den ter ten bin ibn al el abu ben st y e san santa mac".split())
EPONYM_NOUNS = frozenset(
    "disease diseases syndrome syndromes sign signs score scores scale criteria criterion test tests testing palsy maneuver manoeuvre catheter catheters clamp clamps retractor retractors procedure fracture fractures stain staining classification class"
    " stage staging phenomenon lesion lesions body bodies cell cells reflex murmur position incision repair operation technique approach forceps scissors elevator needle drain tube suture sutures esophagus oesophagus lymphoma sarcoma tumor tumors tumour"
    " contracture deformity node nodes nodules spots sulcus law triad pentad tetrad index formula equation system grade grading ratio risk study trial protocol regimen diet exercises exercise anomaly malformation hernia ulcer ulcers gangrene angina ataxia"
    " chorea paralysis thyroiditis encephalopathy psychosis dementia dystrophy atrophy nephropathy arthropathy neuroma cyst cysts duct ducts canal fossa ligament tendon muscle membrane space pouch gland glands tubercle triangle ring rings line lines"
    " point area fibers fascia artery vein nerve ganglion loop capsule lung pneumonia fever jaundice purpura anemia anaemia leukemia virus bacillus agar solution lactated block valve graft stent prosthesis shunt flap laser lamp light lens chart questionnaire"
    " inventory assessment survey examination exam method view views series projection transform effect response respiration breathing pulse facies nails nevus angle osteotomy arthroplasty splint brace collar boot walker bed frame pins pin rod rods screw"
    " screws plate plates wire wires nail hook knife blade speculum laryngoscope tracheostomy bag mask resuscitator monitor cuff bandage dressing stocking stockings granulomatosis polyposis vasculitis arteritis neuropathy neuralgia keratosis hemangioma"
    " carcinoma melanoma disorder condition algorithm rule rules guideline guidelines nomogram coefficient constant factor antigen antibody antibodies protein receptor cycle pathway gene mutation variant type unit units number trait zone reaction"
    " phenotype positive negative esophagitis hydrocele hematoma cataract device scan procedure's hemoptysis calcification crisis sinus tachycardia arrhythmia bypass reconstruction release resection anastomosis gastrectomy enterostomy slide stitch towel tip tips chromosome bleb collars splints braces shunts".split()
)
