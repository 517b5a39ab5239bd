"""Admin: what this site redacts by, and whom its cases may go to. A list of sections, each drawn by a module of its own."""

import streamlit as st

from core.auth import Permission
from core.ui.desk import admin_providers, admin_rules, session

PERSON = session.guard(Permission.ADMIN_READ)

services = session.services()

st.title("Admin", anchor=False)
for section in (admin_rules, admin_providers):
    section.draw(services, PERSON)
