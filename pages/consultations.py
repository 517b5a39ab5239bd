"""Consultations: an answered case opened again by its reference; somebody else's only in an emergency, on the record."""

import streamlit as st

from core.auth import Permission
from core.ui.desk import consultations, session

PERSON = session.guard(Permission.CASE_SUBMIT)

st.title("Consultations", anchor=False)
consultations.draw(session.services(), PERSON)
